import {testFaults} from './check.js'
import {userIdsFaults} from './tables/user-ids.js'

testFaults(userIdsFaults.faults)
