import type pg from 'pg'
import {leftoversOf, listDatabases} from '../../postgres/rebuild/leftovers.js'
import type {Finding} from '../check.js'
import {few, warn} from '../findings.js'
import {sqlName} from '../words.js'

const IN_USE = 'SELECT DISTINCT datname AS name FROM pg_stat_activity WHERE datname = ANY($1)'

/** Databases that killed setups left; not that of one which is at work. */
export async function remains(server: pg.Client, name: string): Promise<Finding[]> {
  const marked = leftoversOf(await listDatabases(server), name).filter((one) => one.marked)
  const names = marked.map((one) => one.name)
  if (names.length === 0) return []
  const {rows} = await server.query<{name: string}>(IN_USE, [names])
  const left = names.filter((one) => !rows.some((row) => row.name === one))
  if (left.length === 0) return []
  const what = left.length === 1 ? 'a database' : `${left.length} databases`
  const told = few(left.map((one) => `"${one}"`))
  const drops = left.map((one) => `DROP DATABASE ${sqlName(one)}`).join('; ')
  return [warn(`an unfinished setup left ${what}: ${told}`, `run: ${drops}`)]
}
