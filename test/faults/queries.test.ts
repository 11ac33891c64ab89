import {testFaults} from './check.js'
import {queryFaults} from './tables/queries.js'
import {queryRunningFaults} from './tables/query-running.js'

testFaults(queryFaults.faults)
testFaults(queryRunningFaults.faults)
