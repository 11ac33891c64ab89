import {testFaults} from './check.js'
import {sqlCommandFaults} from './tables/sql-commands.js'
import {sqlReadingFaults} from './tables/sql-reading.js'

testFaults(sqlReadingFaults.faults)
testFaults(sqlCommandFaults.faults)
