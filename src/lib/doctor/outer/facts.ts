import type {HostAddress, Target, TargetContext} from '../../target/target.js'
import type {Facts} from '../facts.js'

/** What the checks from this machine to the login need beside what all need. */
export interface OuterFacts extends Facts {
  /** The variables of the process alone. */
  readonly processEnv: NodeJS.ProcessEnv
  /** What a target is read from, the variables of the environment file among it. */
  readonly context: TargetContext
  /** What was given on the command line, by the flags' names; `wait` in seconds. */
  readonly flags: {
    url?: string | undefined
    'env-file'?: string | undefined
    'iam-auth'?: boolean | undefined
    wait?: number | undefined
  }
  /** Where the embedded server lies. Fails with a CruddurError where something else than the environment names it. */
  readonly embeddedHome: () => Promise<string>
  /** Called when the check `url` or `embedded` has found out which database is meant. */
  readonly onTarget?: (target: Target) => void
  /** The hosts that take connections, in the target's order: from the check `port`. */
  reached?: readonly HostAddress[]
}
