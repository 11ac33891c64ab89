import {testFaults} from './check.js'
import {laterConsentFaults} from './tables/consent-later.js'

testFaults(laterConsentFaults.faults)
