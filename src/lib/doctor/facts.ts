import type pg from 'pg'
import type {ConnectOptions} from '../postgres/connection/connect.js'
import type {Environment} from '../target/environment.js'
import type {Target} from '../target/target.js'

/** What doctor was asked about, and what its checks have found out so far for those behind them. */
export interface Facts {
  /** The variables, those of the environment file behind those that are set. */
  readonly env: Environment
  readonly cwd: string
  /** Where `db/schema.sql` and `db/seed.sql` of this package lie. */
  readonly packageRoot: string
  /** With `--prod`. */
  readonly prod: boolean
  /** What was given on the command line beside that, by the flags' names. */
  readonly flags?: {'env-file'?: string | undefined; 'iam-auth'?: boolean | undefined}
  /** How the commands connect; `connection.signal` ends a check. */
  readonly connection: ConnectOptions & {signal: AbortSignal}
  /** Ends what is given to it when the last check has run: clients, above all. */
  readonly atEnd: (close: () => Promise<void>) => void
  /** Which database: from the check `url`. */
  target?: Target
  /** A session in the maintenance database: from the check `login`. */
  server?: pg.Client
  /** A session in the target's database: from the check `database`. */
  database?: pg.Client
}
