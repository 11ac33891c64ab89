import type {Check} from '../check.js'
import type {Facts} from '../facts.js'
import {certificateCheck} from './certificate.js'
import {publicCheck} from './public.js'
import {backupsCheck, encryptionCheck, protectionCheck} from './safety.js'
import {securityGroupCheck} from './security-group.js'
import {statusCheck} from './status.js'

/** What AWS says about the instance that is the target, before the network is looked at; none is ever cured here. */
export const awsChecks: readonly Check<Facts>[] = [
  statusCheck,
  publicCheck,
  securityGroupCheck,
  backupsCheck,
  protectionCheck,
  certificateCheck,
  encryptionCheck,
]
