import {testFaults} from './check.js'
import {signalFaults} from './tables/signals.js'

testFaults(signalFaults.faults, undefined, {concurrent: false})
