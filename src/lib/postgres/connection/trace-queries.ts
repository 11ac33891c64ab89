import type pg from 'pg'
import {plural} from '../../plural.js'
import {isServerError} from '../../server-error.js'
import {elapsed, trace} from '../../trace.js'

const SHOWN = 160

/** Not the end of a name, nor of `$1`. */
const NUMBER = /(?<![\w$.\u0080-\uffff])\.?\d[\w.]*/g

/**
 * A statement without what may be secret or long, in one line: up to its first quote, with `?` for numbers. What is behind a
 * quote cannot be told apart from it without knowing how the session reads a backslash.
 */
export function shownStatement(sql: string): string {
  const [open = ''] = /^[^'$]*(?:\$\d+[^'$]*)*/.exec(sql.slice(0, 4 * SHOWN)) ?? []
  const line = open
    .replace(/--.*|\/\*[\s\S]*?(?:\*\/|$)/g, ' ')
    .replace(NUMBER, '?')
    .replace(/\s+/g, ' ')
  const cut = open.length < sql.length || line.length > SHOWN
  return cut ? `${line.slice(0, SHOWN)}…` : line.trim()
}

type Ask = (query: unknown, ...rest: unknown[]) => unknown

/** Traces what is asked on this connection: the statement, how long its answer took, the rows or the SQLSTATE. */
export function traceQueries(client: pg.Client): void {
  const ask: Ask = client.query.bind(client)
  const traced: Ask = (query, ...rest) => {
    const text = textOf(query)
    const started = Date.now()
    const answer = ask(query, ...rest)
    if (!(answer instanceof Promise)) {
      trace('sql', () => shownStatement(text))
      return answer
    }
    const tell = (outcome: string): void =>
      trace('sql', () => `${shownStatement(text)}  ${outcome}, ${elapsed(started)}`)
    answer.then(
      (result: unknown) => tell(rowsOf(result)),
      (error: unknown) => tell(isServerError(error) ? `SQLSTATE ${error.code}` : 'no answer'),
    )
    return answer
  }
  Object.assign(client, {query: traced})
}

function textOf(query: unknown): string {
  if (typeof query === 'string') return query
  const isNamed = typeof query === 'object' && query !== null && 'text' in query
  return isNamed ? String(query.text) : 'a batch'
}

function rowsOf(result: unknown): string {
  const results: readonly {rowCount?: number | null}[] = Array.isArray(result) ? result : [result]
  const rows = results.reduce((sum, {rowCount}) => sum + (rowCount ?? 0), 0)
  return plural(rows, 'row')
}
