import {testFaults} from './check.js'
import {connectionFaults} from './tables/connection.js'
import {resetFaults} from './tables/resets.js'

testFaults(connectionFaults.faults)
testFaults(resetFaults.faults)
