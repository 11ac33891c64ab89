import type pg from 'pg'
import {readSchema} from '../../postgres/schema/read.js'
import type {Check, Finding} from '../check.js'
import type {Facts} from '../facts.js'
import {fail, few, ok, together, warn} from '../findings.js'
import {command} from '../words.js'
import type {Catalogue} from './catalogue.js'
import {compare, type Differences} from './compare.js'
import {fileFault, runFile} from './file.js'
import {databaseOf, isCurable, targetOf} from './known.js'
import {readSchemaFile, type SchemaFile} from './schema-file.js'

/** What somebody has made: objects of PostgreSQL's own have lower numbers (FirstNormalObjectId in transam.h). */
const BARE = `SELECT NOT EXISTS (
  SELECT FROM (SELECT 'pg_class'::regclass AS catalogue, oid, relnamespace AS schema FROM pg_class
      UNION ALL SELECT 'pg_proc'::regclass, oid, pronamespace FROM pg_proc
      UNION ALL SELECT 'pg_type'::regclass, oid, typnamespace FROM pg_type) AS thing
    JOIN pg_namespace n ON n.oid = thing.schema
  WHERE thing.oid >= 16384 AND n.nspname !~ '^pg_' AND NOT EXISTS (SELECT FROM pg_depend d
    WHERE d.classid = thing.catalogue AND d.objid = thing.oid AND d.deptype IN ('e', 'i'))) AS bare`

/** Whether a file that begins with DROP can take nothing away: functions and sequences are somebody's work too. */
async function isBare(client: pg.Client): Promise<boolean> {
  const {rows} = await client.query<{bare: boolean}>(BARE)
  return rows[0]?.bare ?? false
}

/** In production a new database would take the place of one with data in it. */
function cureOf(facts: Facts, complete: boolean): string {
  if (!complete) return 'see what migrations says first: some have run that are not compared here'
  return targetOf(facts).production
    ? `change the tables by hand: ${command(facts, 'connect')}`
    : command(facts, 'setup --keep-previous')
}

function judge(
  facts: Facts,
  {complete, path}: SchemaFile,
  {columns, missing, types}: Differences,
): Finding[] {
  const anew = cureOf(facts, complete)
  const found: Finding[] = []
  if (missing.length > 0) found.push(fail(`tables of ${path} are missing: ${few(missing)}`, anew))
  if (columns.length > 0) found.push(fail(`columns of ${path} are missing: ${few(columns)}`, anew))
  if (types.length > 0) found.push(warn(`types are not those of ${path}: ${few(types)}`, anew))
  return found
}

function notLoaded(facts: Facts, path: string, names: readonly string[], empty: boolean): Finding {
  const message = `the schema is not loaded: no table of ${path} is there (${few(names)})`
  const found = fail(message, command(facts, 'schema-load'))
  if (!empty || !isCurable(targetOf(facts))) return found
  return {...found, cure: () => runFile(facts, 'schema.sql')}
}

function inOrder(path: string, made: Catalogue, {extra, notCompared}: Differences): Finding {
  const count = made.tables.size
  const there =
    count === 1 ? `the table of ${path} is there` : `the ${count} tables of ${path} are there`
  const notes = [
    notCompared > 0 && `the columns of ${notCompared} cannot be told from the file`,
    extra.length > 0 && `not in the file: ${few(extra)}`,
  ].filter((note) => note !== false)
  return ok([there, ...notes].join('; '))
}

async function examine(facts: Facts, file: SchemaFile): Promise<Finding> {
  const {path, made} = file
  const client = databaseOf(facts)
  const {tables: there} = await readSchema(client, {views: true})
  if (made.tables.size === 0) return ok(`${path} makes no table that could be compared`)
  const found = await compare(
    client,
    made,
    there.filter(({kind}) => !kind.endsWith('view')),
  )
  if (found.missing.length === made.tables.size)
    return notLoaded(facts, path, found.missing, await isBare(client))
  return together(judge(facts, file, found), inOrder(path, made, found))
}

export const schemaCheck: Check<Facts> = {
  name: 'schema',
  layer: 'contents',
  needs: ['database'],
  run: async (facts, signal) => {
    let file: SchemaFile
    try {
      file = await readSchemaFile(facts, signal)
    } catch (error) {
      signal.throwIfAborted()
      return fileFault(error)
    }
    return await examine(facts, file)
  },
}
