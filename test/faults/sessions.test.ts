import {testFaults} from './check.js'
import {sessionFaults} from './tables/sessions.js'

testFaults(sessionFaults.faults)
