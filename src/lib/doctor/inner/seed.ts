import type {Check, Finding} from '../check.js'
import type {Facts} from '../facts.js'
import {fail, few, ok, together, warn} from '../findings.js'
import {command, sqlName, tableName} from '../words.js'
import {fileFault, runFile} from './file.js'
import {databaseOf, isCurable, targetOf} from './known.js'
import {type Filled, filledTables, type Look, lookInto} from './seed-tables.js'

interface Looked extends Filled {
  look: Look
}

function sqlTable({schema, name}: Filled): string {
  return [schema, name].flatMap((part) => (part === null ? [] : [sqlName(part)])).join('.')
}

/** The owner's to run. */
function grant(facts: Facts, tables: readonly Looked[]): string {
  const role = sqlName(targetOf(facts).user)
  const schemas = new Set(
    tables.flatMap(({schema}) => (schema === null || schema === 'public' ? [] : sqlName(schema))),
  )
  const entry = [...schemas].map((schema) => `GRANT USAGE ON SCHEMA ${schema} TO ${role}; `)
  const tablesSql = tables.map(sqlTable).join(', ')
  return `have their owner run: ${entry.join('')}GRANT SELECT ON ${tablesSql} TO ${role}`
}

type File = Awaited<ReturnType<typeof filledTables>>

function judge(facts: Facts, file: File, looks: readonly Looked[]): Finding {
  const {path} = file
  const all = (kind: Look): Looked[] => looks.filter((one) => one.look === kind)
  const those = (kind: Look): string[] =>
    all(kind).map(({schema, name}) => tableName(schema ?? 'public', name))
  const [empty, closed, late] = [those('empty'), those('closed'), those('late')]
  const found: Finding[] = []
  const missing = those('missing')
  if (missing.length > 0) {
    const message = `${path} fills what is not there: ${few(missing)}`
    found.push(fail(message, `make it in db/schema.sql, or take it out of ${path}`))
  }
  if (empty.length > 0) found.push(emptiness(facts, file, empty, those('filled').length))
  if (closed.length > 0) {
    const message = `whether there are rows cannot be seen: this role may not read ${few(closed)}`
    found.push(warn(message, grant(facts, all('closed'))))
  }
  if (late.length > 0) {
    const message = `somebody holds ${few(late)}: it cannot be read`
    found.push(warn(message, `see who: ${command(facts, 'sessions --long')}`))
  }
  const {length} = looks
  const fine = `the ${length === 1 ? 'table' : `${length} tables`} that ${path} fills ${length === 1 ? 'has' : 'have'} rows`
  return together(found, ok(length === 0 ? `${path} fills no table` : fine))
}

function emptiness(facts: Facts, {changes, path}: File, empty: string[], filled: number): Finding {
  const tables = `${few(empty)} ${empty.length === 1 ? 'is' : 'are'} empty`
  if (filled > 0) {
    const message = `${tables}, which ${path} fills`
    return warn(message, command(facts, 'setup --keep-previous'))
  }
  const message = `there is no seed data: ${tables}`
  const found = warn(message, command(facts, 'seed'))
  if (changes !== undefined) {
    const fix = `see what ${path}, which does not only fill tables (${changes}), would take away; then: ${found.fix}`
    return warn(message, fix)
  }
  if (!isCurable(targetOf(facts))) return found
  return {...found, cure: () => runFile(facts, 'seed.sql')}
}

export const seedCheck: Check<Facts> = {
  name: 'seed',
  layer: 'contents',
  needs: ['schema'],
  run: async (facts, signal) => {
    if (targetOf(facts).production) return ok('production needs no seed data')
    let file: File
    try {
      file = await filledTables(facts, signal)
    } catch (error) {
      signal.throwIfAborted()
      return fileFault(error)
    }
    const looks: Looked[] = []
    for (const table of file.tables) {
      looks.push({...table, look: await lookInto(databaseOf(facts), table)})
      // The next one would be waited for as long.
      if (looks.at(-1)?.look === 'late') break
    }
    return judge(facts, file, looks)
  },
}
