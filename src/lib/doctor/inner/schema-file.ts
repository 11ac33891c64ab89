import type pg from 'pg'
import type {Facts} from '../facts.js'
import type {Catalogue} from './catalogue.js'
import {DEFINING, readDefinitions} from './definitions.js'
import {openScript, statementsOf} from './file.js'
import {databaseOf} from './known.js'
import {appliedScripts} from './migrated.js'

/** Where a table goes whose name has no schema. */
async function currentSchema(client: pg.Client): Promise<string> {
  const {rows} = await client.query<{schema: string | null}>('SELECT current_schema() AS schema')
  return rows[0]?.schema ?? 'public'
}

export interface SchemaFile {
  /** As shown to the user. */
  path: string
  made: Catalogue
  /** Whether all that has run in the database is in it; otherwise a difference may be what a migration has made. */
  complete: boolean
}

/** A file may end with another search_path than the next one begins with. */
const BETWEEN = 'RESET search_path'

async function read(facts: Facts, signal: AbortSignal): Promise<SchemaFile> {
  const script = await openScript(facts, 'schema.sql', signal)
  const applied = await appliedScripts(facts, signal)
  const scripts = [script, ...applied.scripts]
  const statements = async function* (): AsyncGenerator<string> {
    for (const each of scripts) {
      yield* statementsOf(each, {words: DEFINING, length: Infinity, signal})
      yield BETWEEN
    }
  }
  const made = await readDefinitions(statements(), await currentSchema(databaseOf(facts)))
  return {path: script.files[0]?.path ?? '', made, complete: applied.complete}
}

const readings = new WeakMap<Facts, Promise<SchemaFile>>()

/**
 * What db/schema.sql makes and the migrations that were applied make of it, as far as reading them tells; read once for all
 * checks.
 *
 * @throws CruddurError as `readScript`
 */
export function readSchemaFile(facts: Facts, signal: AbortSignal): Promise<SchemaFile> {
  const begun = readings.get(facts) ?? read(facts, signal)
  readings.set(facts, begun)
  return begun
}
