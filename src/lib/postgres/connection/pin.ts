import {isIP, type Socket} from 'node:net'
import type pg from 'pg'
import type {HostAddress, Target} from '../../target/target.js'
import type {Attempt} from '../tls/tls-faults.js'

const attempts = new WeakMap<pg.Client, Attempt>()

/** Notes how a connection was made, for those that are to be made like it. */
export function noteAttempt(client: pg.Client, attempt: Attempt): void {
  attempts.set(client, attempt)
}

/** How a connection that `withClient` opened was made: the host, and whether with TLS. */
export function attemptOf(client: pg.Client): Attempt {
  const attempt = attempts.get(client)
  if (attempt) return attempt
  throw new Error('the client was not opened by withClient')
}

/** An address that leads to the same machine again; one that is valid on one link only does not without the link's name. */
function addressOf(client: pg.Client): string | undefined {
  const {remoteAddress} = client.connection.stream as Socket
  return remoteAddress?.startsWith('fe80:') ? undefined : remoteAddress
}

function hostOf(client: pg.Client): HostAddress {
  const {host} = attemptOf(client)
  if (host.address !== undefined || isIP(host.host) !== 0 || host.host.startsWith('/')) return host
  // A name may lead to several servers, or soon to another one.
  const address = addressOf(client)
  return address === undefined ? host : {...host, address}
}

/**
 * The target with only the server that `client` is connected to, for all else that has to happen there: of several hosts
 * another one may answer next, and a name may lead elsewhere. The host is called as before.
 *
 * @param client opened by `withClient` or `withMaintenanceClient`, and still connected
 */
export function pinned(target: Target, client: pg.Client): Target {
  return {...target, hosts: [hostOf(client)]}
}
