import {testFaults} from './check.js'
import {migrationOthersFaults} from './tables/migration-others.js'

testFaults(migrationOthersFaults.faults)
