import {testFaults} from './check.js'
import {consentFaults} from './tables/consent.js'
import {urlFaults} from './tables/urls.js'

testFaults(consentFaults.faults)
testFaults(urlFaults.faults)
