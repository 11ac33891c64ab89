import type {Reachability} from '../aws/reachability.js'
import {CruddurError} from '../error.js'
import type {Environment} from '../target/environment.js'
import {isRdsHost} from '../target/production.js'
import type {HostAddress, Target} from '../target/target.js'

/** Finds out why an RDS host does not answer, while it is still waited for. */
export interface SilenceExaminer {
  /** Begins; costs nothing when it has begun, or for hosts that are not of RDS. */
  begin: () => void
  /** The error with what was found out, when it is about a host's silence. */
  explain: (error: unknown) => Promise<unknown>
}

/** Begun after 3 s of silence it ends before the 10 s of a connection attempt do. */
const LIMIT_MS = 6500

export function silenceExaminer(
  target: Target,
  env: Environment,
  signal: AbortSignal,
): SilenceExaminer {
  let examining: Promise<Reachability> | undefined
  const examine = async (host: HostAddress): Promise<Reachability> => {
    const {examineReach} = await import('../aws/reachability.js')
    return examineReach(host, env, {signal, limitMs: LIMIT_MS})
  }
  const begin = (): void => {
    const host = target.hosts.find(isRdsHost)
    if (examining || !host) return
    examining = examine(host)
    // Of use only if the host stays silent.
    examining.catch(() => {})
  }
  return {
    begin,
    async explain(error) {
      if (!(error instanceof CruddurError) || error.code !== 'CONNECT_TIMEOUT') return error
      begin()
      const reach = await examining
      return reach ? withReach(error, reach) : error
    },
  }
}

function withReach(error: CruddurError, {address, admitted, hint, lines, rule}: Reachability) {
  return new CruddurError(error.code, error.message, {
    ...error.details,
    data: {...error.data, address, rule, admitted},
    excerpt: lines.map((line) => `  ${line}`).join('\n'),
    exit: error.exit,
    hint,
    cause: error,
  })
}
