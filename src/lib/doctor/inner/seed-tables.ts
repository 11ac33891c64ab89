import pg from 'pg'
import {isServerError} from '../../server-error.js'
import type {Facts} from '../facts.js'
import {accept, cursorOf, takeQualified} from './cursor.js'
import {openScript, statementsOf} from './file.js'
import {lexemesOf} from './lexemes.js'

export interface Filled {
  schema: string | null
  name: string
}

/** Bytes of a statement in which its table is named. */
const HEAD = 1024
const WORDS = new Set(['copy', 'insert', 'select'])
/** Beside what fills tables a file may hold these, and still takes nothing away. */
const HARMLESS = new Set(['analyze', 'begin', 'commit', 'end', 'set', 'start'])
const HARMLESS_CALL = /^select\s+(?:pg_catalog\.)?(?:setval|set_config)\s*\(/i

/** The table that an INSERT or COPY fills. */
export function filledBy(sql: string): Filled | undefined {
  const cursor = cursorOf(lexemesOf(sql))
  if (!accept(cursor, 'insert', 'into') && !accept(cursor, 'copy')) return undefined
  const found = takeQualified(cursor)
  return found && {name: found.name, schema: found.schema ?? null}
}

/**
 * The tables that db/seed.sql fills, each once, in its order; and the first word of what in it may change, or take away, what
 * is there: TRUNCATE.
 *
 * @throws CruddurError as `readScript`
 */
export async function filledTables(
  facts: Facts,
  signal: AbortSignal,
): Promise<{path: string; tables: Filled[]; changes: string | undefined}> {
  const script = await openScript(facts, 'seed.sql', signal)
  const found = new Map<string, Filled>()
  let changes: string | undefined
  const onOther = (word: string): void => {
    if (!HARMLESS.has(word)) changes ??= word.toUpperCase() || 'something'
  }
  for await (const sql of statementsOf(script, {words: WORDS, length: HEAD, onOther, signal})) {
    const filled = filledBy(sql)
    if (!filled && !HARMLESS_CALL.test(sql)) onOther(/^\w+/.exec(sql)?.[0] ?? '')
    if (filled) found.set(JSON.stringify([filled.schema, filled.name]), filled)
  }
  return {path: script.files[0]?.path ?? '', tables: [...found.values()], changes}
}

/** A row is found at once, unless somebody holds the table, or dead rows by the million stand before it. */
const PATIENCE_MS = 2000

export type Look = 'filled' | 'empty' | 'missing' | 'closed' | 'late'

const REFUSALS: Readonly<Record<string, Look>> = {
  '3F000': 'missing',
  '42P01': 'missing',
  '42501': 'closed',
  '55P03': 'late',
  '57014': 'late',
}

export async function lookInto(client: pg.Client, {schema, name}: Filled): Promise<Look> {
  const table = [schema, name].flatMap((part) => (part === null ? [] : [pg.escapeIdentifier(part)]))
  try {
    // One message is one transaction.
    const results = (await client.query(
      `SET LOCAL statement_timeout = ${PATIENCE_MS}; SELECT EXISTS (SELECT FROM ${table.join('.')}) AS filled`,
    )) as unknown as pg.QueryResult<{filled: boolean}>[]
    return results[1]?.rows[0]?.filled ? 'filled' : 'empty'
  } catch (error) {
    const refusal = isServerError(error) ? REFUSALS[error.code] : undefined
    if (refusal === undefined) throw error
    return refusal
  }
}
