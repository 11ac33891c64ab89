import {testFaults} from './check.js'
import {migrationHistoryFaults} from './tables/migration-history.js'

testFaults(migrationHistoryFaults.faults)
