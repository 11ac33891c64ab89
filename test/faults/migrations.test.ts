import {testFaults} from './check.js'
import {migrationFaults} from './tables/migrations.js'

testFaults(migrationFaults.faults)
