import {testFaults} from './check.js'
import {sqlChangingFaults} from './tables/sql-changing.js'
import {sqlRunningFaults} from './tables/sql-running.js'

testFaults(sqlRunningFaults.faults)
testFaults(sqlChangingFaults.faults)
