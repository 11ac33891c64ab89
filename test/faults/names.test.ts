import {testFaults} from './check.js'
import {messageFaults} from './tables/messages.js'
import {nameFaults} from './tables/names.js'

testFaults(nameFaults.faults)
testFaults(messageFaults.faults)
