import {testFaults} from './check.js'
import {leftoverFaults} from './tables/leftovers.js'
import {resourceFaults} from './tables/resources.js'

testFaults(leftoverFaults.faults)
testFaults(resourceFaults.faults)
