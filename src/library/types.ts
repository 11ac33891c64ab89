import type {Values} from '../lib/template/value.js'

export type {Value, Values} from '../lib/template/value.js'

/** A checked template; see {@link Queries.template}. */
export interface Sql {
  /** The file, as shown in errors. */
  readonly path: string
  /** The names of its parameters. */
  readonly parameters: readonly string[]
}

/** How a {@link Db} connects. */
export interface DbOptions {
  /** `postgres://…`; the variable CONNECTION_URL unless given. libpq's variables and `~/.pgpass` fill in what it does not say. */
  connectionString?: string | undefined
  /** How many connections there are at most; 10 unless given. */
  max?: number | undefined
  /** Milliseconds after which an unused connection is closed; 10 000 unless given. */
  idleTimeoutMillis?: number | undefined
  /** Milliseconds that a request waits for a connection while all are in use; 30 000 unless given. */
  acquireTimeoutMillis?: number | undefined
  /** Where `db/sql` is looked for, from here upwards; the working directory unless given. */
  folder?: string | undefined
}

/** What can be asked of a database. All of it throws {@link CruddurError}; nothing is swallowed. */
export interface Queries {
  /**
   * Reads `db/sql/activities/home.sql` for `template('activities', 'home')`: one statement, with `%(name)s` where a value is
   * to be bound and `%%` for a percent sign.
   */
  template(...path: readonly string[]): Promise<Sql>
  /** The rows as objects, in their order; their values are those of JSON. */
  queryArrayJson<T = Record<string, unknown>>(sql: Sql | string, values?: Values): Promise<T[]>
  /** The first row as an object; `{}` where there is none. */
  queryObjectJson<T = Record<string, unknown>>(
    sql: Sql | string,
    values?: Values,
  ): Promise<Partial<T>>
  /**
   * Runs a statement that changes rows: a transaction of its own, where it is not in one.
   *
   * @returns the first column of the first row that RETURNING gives: text, dates and numbers beyond 2^53 as strings; undefined
   *   where there is none
   */
  queryCommit<T = string>(sql: Sql | string, values?: Values): Promise<T | undefined>
}

/** What a {@link Db} can do besides. */
export interface Transactions extends Queries {
  transaction<T>(fn: (queries: Queries) => Promise<T>): Promise<T>
}

/** An activity as `activities/home` shows it. Times are those of the session's time zone, without an offset. */
export interface HomeActivity {
  uuid: string
  display_name: string | null
  handle: string | null
  message: string
  replies_count: number | null
  reposts_count: number | null
  likes_count: number | null
  reply_to_activity_uuid: string | number | null
  expires_at: string | null
  created_at: string
}

/** An activity as `activities/object` shows it. */
export interface Activity {
  uuid: string
  display_name: string
  handle: string
  message: string
  created_at: string
  expires_at: string | null
}

/** How long an activity is shown. */
export type Ttl = '30-days' | '7-days' | '3-days' | '1-day' | '12-hours' | '3-hours' | '1-hour'

/** What a client sent: nothing of it has to be right. */
export interface NewActivity {
  handle?: string | null | undefined
  message?: string | null | undefined
  /** One of {@link Ttl}. */
  ttl?: string | null | undefined
}

export type ActivityError =
  | 'ttl_blank'
  | 'user_handle_blank'
  | 'message_blank'
  | 'message_exceed_max_chars'
  | 'user_handle_not_found'

/** What became of a {@link NewActivity}. */
export type CreatedActivity =
  | {errors: null; data: Activity}
  | {
      errors: [ActivityError]
      data: {handle: string | null | undefined; message: string | null | undefined}
    }
