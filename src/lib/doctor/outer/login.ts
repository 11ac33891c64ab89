import {CruddurError} from '../../error.js'
import {withClient, withMaintenanceClient} from '../../postgres/connection/connect.js'
import {attemptOf} from '../../postgres/connection/pin.js'
import {describeHosts} from '../../target/hosts.js'
import type {Target} from '../../target/target.js'
import type {Check} from '../check.js'
import {openSession} from '../session.js'
import type {OuterFacts} from './facts.js'
import {NO_SERVER} from './network.js'
import {attemptMs} from './socket.js'

/** A server that starts is waited for 30 s (postgres/connection/open.ts); then there is the login itself. */
const STARTING_MS = 40_000

/** Whether another database may be open to this user: the login itself was accepted, or not come to. */
function isAboutDatabase(error: unknown): error is CruddurError {
  if (!(error instanceof CruddurError)) return false
  const {sqlstate} = error.details
  if (sqlstate === '28000') return /pg_hba\.conf/.test(error.message)
  return ['DATABASE_NOT_FOUND', 'DATABASE_CLOSED'].includes(error.code) || sqlstate === '42501'
}

function limitOf({flags, target}: OuterFacts): number {
  const attempts = target ? attemptMs(target) * target.hosts.length * 2 : 0
  return attempts + STARTING_MS + (flags.wait ?? 0) * 1000
}

/** Into the maintenance database; where that is closed, as behind some poolers, into the target's own. */
async function logIn(
  facts: OuterFacts,
  target: Target,
  signal: AbortSignal,
): Promise<CruddurError | undefined> {
  const options = {...facts.connection, signal: AbortSignal.any([facts.connection.signal, signal])}
  try {
    facts.server = await openSession((fn) => withMaintenanceClient(target, fn, options), facts)
    return undefined
  } catch (error) {
    if (!isAboutDatabase(error)) throw error
    const own = openSession((fn) => withClient(target, fn, options), facts)
    facts.server = await own.catch(() => {
      throw error
    })
    return error
  }
}

export const loginCheck: Check<OuterFacts> = {
  name: 'login',
  layer: 'server',
  needs: ['tls'],
  opensSession: true,
  limitMs: limitOf,
  run: async (facts, signal) => {
    const {target} = facts
    if (!target) return NO_SERVER
    const closed = await logIn(facts, target, signal)
    const {host} = facts.server ? attemptOf(facts.server) : {host: target.hosts[0]}
    const how = target.loginToken ? ' with AWS credentials' : ''
    const message = `${describeHosts([host])} lets ${target.user} in${how}`
    if (!closed) return {status: 'ok', message}
    return {
      status: 'warn',
      message: `${message}, but not into the database postgres, where create, drop and setup work: ${closed.message}`,
      fix: closed.details.hint ?? 'have that database opened to this user',
    }
  },
}
