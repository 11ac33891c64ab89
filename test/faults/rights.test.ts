import {testFaults} from './check.js'
import {closedFaults} from './tables/closed.js'
import {rightsFaults} from './tables/rights.js'

testFaults(rightsFaults.faults)
testFaults(closedFaults.faults)
