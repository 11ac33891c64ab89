import {deadEnd, enlargedStorage, instanceOf, isUsable} from '../../aws/instance.js'
import type {Finding} from '../check.js'
import {instanceCheck} from './instance-check.js'
import type {Seen} from './look.js'

/** What is to be done about a status that does not end by itself. */
function cureOf({aws, instance}: Seen, otherwise: string): string {
  const known = instanceOf(instance)
  const available = aws('wait db-instance-available')
  switch (known.status) {
    case 'stopped':
      return aws('start-db-instance')
    case 'stopping':
      return `once it is stopped: ${aws('start-db-instance')}`
    case 'storage-full':
      return aws(
        'modify-db-instance',
        `--allocated-storage ${enlargedStorage(known)} --apply-immediately`,
      )
    default:
      return otherwise || available
  }
}

/** In these nobody is let in, or not for long (RDS user guide, "Viewing instance status"). */
const DOWN = /^(?:creating|moving-to-vpc|rebooting|renaming|restore|starting|upgrading)/

function judge(seen: Seen): Finding {
  const {identifier} = seen
  const instance = instanceOf(seen.instance)
  const {status} = instance
  const name = `the instance "${identifier}" is ${status}`
  const dead = deadEnd(instance)
  if (dead !== undefined) {
    const message = `${name}, which does not end by itself`
    return {status: 'fail', message, fix: cureOf(seen, dead)}
  }
  if (isUsable(instance)) return {status: 'ok', message: name}
  const message = DOWN.test(status)
    ? `${name}: it takes no connections for some minutes`
    : `${name}: it may be slow, or away for a moment`
  return {status: 'warn', message, fix: cureOf(seen, '')}
}

export const statusCheck = instanceCheck('rds-status', judge)
