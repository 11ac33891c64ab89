import {testFaults} from './check.js'
import {migrationFileFaults} from './tables/migration-files.js'

testFaults(migrationFileFaults.faults)
