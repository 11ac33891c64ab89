import type {Reachability} from '../aws/reachability.js'
import {CruddurError, reworded} from '../error.js'
import type {Environment} from '../target/environment.js'
import {isRdsHost} from '../target/production.js'
import type {HostAddress, Target} from '../target/target.js'

/** Finds out why an RDS host does not answer, while it is still waited for. */
export interface SilenceExaminer {
  /** Begins; costs nothing when it has begun a moment ago, or for hosts that are not of RDS. */
  begin: () => void
  /** The error with what was found out, when it is about a host's silence. */
  explain: (error: unknown) => Promise<unknown>
  /** Ends what is under way: its answer is of no use any more. */
  end: () => void
}

/** Begun after 3 s of silence it ends before the 10 s of a connection attempt do. */
const LIMIT_MS = 6500
/** With --wait there are many attempts, and an address or a rule may change meanwhile. */
const STALE_MS = 30_000

/** @param envFile the value of --env-file, which a hinted command needs too */
export function silenceExaminer(
  target: Target,
  env: Environment,
  {envFile, signal}: {envFile: string | undefined; signal: AbortSignal},
): SilenceExaminer {
  const ending = new AbortController()
  let examining: Promise<Reachability> | undefined
  let begun = 0
  const examine = async (host: HostAddress): Promise<Reachability> => {
    const {examineReach} = await import('../aws/reachability.js')
    const either = AbortSignal.any([signal, ending.signal])
    return examineReach(host, env, {envFile, limitMs: LIMIT_MS, signal: either})
  }
  const begin = (): void => {
    const host = target.hosts.find(isRdsHost)
    if (!host || (examining && Date.now() - begun < STALE_MS)) return
    begun = Date.now()
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
    end: () => ending.abort(new CruddurError('INTERRUPTED', 'not needed any more')),
  }
}

function withReach(error: CruddurError, reach: Reachability): CruddurError {
  const {address, admitted, hint, lines, rule, trouble} = reach
  return reworded(error, {
    data: {address, rule, admitted, ...(trouble === undefined ? {} : {trouble})},
    excerpt: lines.map((line) => `  ${line}`).join('\n'),
    hint,
  })
}
