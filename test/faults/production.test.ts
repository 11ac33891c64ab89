import {testFaults} from './check.js'
import {productionFaults} from './tables/production.js'

testFaults(productionFaults.faults)
