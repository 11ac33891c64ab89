import {isIPv6} from 'node:net'

/** As Node's, which takes 3 ms for its first answer, to make a long regular expression: no name has a colon. */
export function isIpv6(host: string): boolean {
  return host.includes(':') && isIPv6(host)
}
