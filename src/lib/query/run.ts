import type pg from 'pg'
import {inPipeline, together} from '../pipelining.js'
import {isConnectionError, isServerError} from '../server-error.js'
import type {CommandLine} from '../target/again.js'
import {type Bound, bind} from '../template/bind.js'
import {templateError} from '../template/place.js'
import type {Template} from '../template/template.js'
import type {Values} from '../template/value.js'
import {type As, BARE, wrapperOf} from '../template/wrap.js'

/** What is asked for: rows as the server writes their values, or as JSON. */
export interface Question {
  template: Template
  values: Values
  as: As | 'rows'
  /** Leads a hinted command to the same database. */
  command?: CommandLine
}

export interface Column {
  name: string
  dataTypeID: number
}

/** An answer as the server sent it: nothing in it was converted. */
export interface Answer {
  columns: readonly Column[]
  rows: readonly (readonly (string | null)[])[]
  /** `SELECT`, `INSERT`, … */
  command: string
  /** Rows that were changed, or found; null where PostgreSQL does not count. */
  count: number | null
}

type Client = Pick<pg.Client, 'query'>

/** The statement that a question comes to. */
export function statementOf({as, template, values}: Question): Bound {
  const wrapper = as === 'rows' ? BARE : (wrapperOf(template, as) ?? BARE)
  return bind(template, values, wrapper)
}

/** Whether the answer is one column of JSON. */
export function isWrapped({as, template}: Question): boolean {
  return as !== 'rows' && wrapperOf(template, as) !== undefined
}

/**
 * Runs it, in a transaction of its own.
 *
 * @throws CruddurError SQL_ERROR with its place in the template; what the connection failed with
 */
export async function runQuestion(client: Client, question: Question): Promise<Answer> {
  const bound = statementOf(question)
  try {
    return await ask(client, bound)
  } catch (error) {
    throw placed(error, question, bound)
  }
}

const WRITES = '25006'

/**
 * Runs it in a transaction that only reads: whether it would change rows is the server's to say, which knows what a function does.
 *
 * @returns undefined when it would write, or lock rows; nothing was changed then
 * @throws as {@link runQuestion}
 */
export async function tryReading(client: Client, question: Question): Promise<Answer | undefined> {
  const bound = statementOf(question)
  try {
    // Not sent together with the statement: were it refused or cancelled, that would run all the same, and write.
    await client.query('BEGIN READ ONLY')
    const [answer, hasWritten] = await inPipeline(client, () =>
      together([ask(client, bound), stopIfWritten(client), client.query('COMMIT')]),
    )
    return hasWritten ? undefined : answer
  } catch (error) {
    if (isServerError(error) && error.code === WRITES && !error.message.includes('recovery'))
      return undefined
    throw placed(error, question, bound)
  }
}

const DIVISION_BY_ZERO = '22012'

/**
 * A transaction that only reads can write all the same: large objects before PostgreSQL 16, statistics in all. Whatever
 * does has a transaction id; then this fails, which makes a ROLLBACK of the COMMIT behind it.
 */
async function stopIfWritten(client: Client): Promise<boolean> {
  try {
    await client.query(
      'SELECT 1 / CASE WHEN pg_catalog.txid_current_if_assigned() IS NULL THEN 1 ELSE 0 END',
    )
    return false
  } catch (error) {
    if (isServerError(error) && error.code === DIVISION_BY_ZERO) return true
    throw error
  }
}

async function ask(client: Client, {sql, values}: Bound): Promise<Answer> {
  const result = await client.query<(string | null)[]>({
    text: sql,
    values: [...values],
    rowMode: 'array',
    // Without values node-postgres would send it in a way that lets the server find several statements in it.
    queryMode: 'extended',
    types: {getTypeParser: () => (text: string) => text},
  } as pg.QueryArrayConfig)
  const {command, fields, rowCount, rows} = result
  return {columns: fields, rows, command, count: rowCount}
}

function placed(error: unknown, {command, template}: Question, bound: Bound): unknown {
  return isConnectionError(error) ? error : templateError(error, template, bound, command)
}
