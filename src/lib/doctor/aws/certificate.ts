import {renewal} from '../../aws/instance-command.js'
import type {Finding} from '../check.js'
import {dayOf} from '../words.js'
import {instanceCheck} from './instance-check.js'
import type {Seen} from './look.js'

/** The last day of authorities that an instance may still name (same source). */
const ENDS: Readonly<Record<string, string>> = {
  'rds-ca-2015': '2020-03-05',
  'rds-ca-2019': '2024-08-22',
}

const DAY_MS = 24 * 60 * 60 * 1000
/** From when on a change of the certificate should be planned: it may take a restart. */
const SOON_MS = 60 * DAY_MS

export function judgeCertificate({identifier, instance, region}: Seen, now: Date): Finding {
  const {CACertificateIdentifier, CertificateDetails} = instance
  const authority = CertificateDetails?.CAIdentifier ?? CACertificateIdentifier ?? 'unknown'
  const fix = renewal({identifier, region})
  const known = Object.hasOwn(ENDS, authority) ? ENDS[authority] : undefined
  const ends = [CertificateDetails?.ValidTill, known === undefined ? undefined : new Date(known)]
  const [end] = ends.filter((date) => date !== undefined).sort((a, b) => a.getTime() - b.getTime())
  const name = `the certificate of ${authority}`
  if (!end) return {status: 'ok', message: `${name} is in use`}
  const left = end.getTime() - now.getTime()
  if (left < 0) {
    const message = `${name} ended on ${dayOf(end)}: verify-full, the default, refuses it`
    return {status: 'fail', message, fix}
  }
  const days = Math.floor(left / DAY_MS)
  if (left < SOON_MS) {
    return {status: 'warn', message: `${name} ends on ${dayOf(end)}, in ${days} days`, fix}
  }
  return {status: 'ok', message: `${name} is good until ${dayOf(end)}`}
}

export const certificateCheck = instanceCheck('rds-certificate', (seen) =>
  judgeCertificate(seen, new Date()),
)
