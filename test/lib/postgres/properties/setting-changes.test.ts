import pg from 'pg'
import {afterEach, describe, expect, test} from 'vitest'
import {carryOver, changesBetween} from '../../../../src/lib/postgres/properties/carry-over.js'
import {query} from '../../../support/postgres.js'
import {asSuperuser, collection, propertiesOf, run} from './carried.js'

const made = collection()
afterEach(() => made.clear())

const id = pg.escapeIdentifier

/** What is set, and the entry of the catalogue it gives; none: `name=value`. */
const SET: [string, string, string?][] = [
  ['work_mem', '8192'],
  ['seed', '0.5'],
  ['application_name', ''],
  ['application_name', ' a = b, c '],
  ['application_name', 'it\'s a "name" \\ with\na second line and ñ 🦀'],
  ['DateStyle', 'ISO, DMY'],
  ['TimeZone', "INTERVAL '02:00:00'"],
  ['app.user', "O'Hara"],
  ['App.Empty', ''],
  ['a.b.c', 'x=y'],
  [`app.${'x'.repeat(60)}`, 'a name longer than an identifier'],
  ['role', 'none'],
  ['role', 'nobody has this name'],
  ['session_authorization', 'nobody "there"'],
  ['default_tablespace', 'nowhere'],
  ['default_transaction_read_only', 'on'],
  ['log_statement', 'all'],
  ['search_path', '"$user", public', '"$user", public'],
]

/** Lists as the catalogue has them, whoever wrote them there. */
const LISTS: [string, string, string?][] = [
  ['search_path', ''],
  ['search_path', '""'],
  ['search_path', '"$user", public, "A b", "q""q", "x,y"'],
  ['search_path', 'Öl,"B" , mIxed', '"Öl", "B", mixed'],
  ['temp_tablespaces', ''],
  ['temp_tablespaces', 'nowhere, "no Where"'],
  ['session_preload_libraries', 'a,/opt/My Lib/x.so', 'a, "/opt/My Lib/x.so"'],
  ['session_preload_libraries', '"no end', '"""no end"'],
  ['local_preload_libraries', 'a, "b c"'],
]

async function stored(database: string): Promise<unknown[]> {
  return (
    await query<{setconfig: string[]}>(
      `SELECT setconfig FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
       WHERE datname = ${pg.escapeLiteral(database)}`,
    )
  ).map((row) => row.setconfig)
}

/** One old and one new database for a whole table; each entry is written right into the catalogue. */
async function carried(entries: readonly string[]): Promise<unknown[]> {
  const [old, built] = [made.database(), made.database()]
  await run(`CREATE DATABASE ${id(old)}`, `CREATE DATABASE ${id(built)}`)
  const results: unknown[] = []
  for (const entry of entries) {
    await run(
      `DELETE FROM pg_db_role_setting WHERE setdatabase IN
         (SELECT oid FROM pg_database WHERE datname IN ('${old}', '${built}'))`,
      `INSERT INTO pg_db_role_setting SELECT oid, 0, ARRAY[${pg.escapeLiteral(entry)}]
       FROM pg_database WHERE datname = '${old}'`,
    )
    await asSuperuser(async (client) =>
      carryOver(client, await propertiesOf(client, old), await propertiesOf(client, built), built),
    ).catch((error: unknown) => results.push(error))
    results.push(...(await stored(built)))
  }
  return results
}

const entry = ([name, value]: [string, string, string?]): string => `${name}=${value}`
const expected = ([name, value, kept = value]: [string, string, string?]): string[] => [
  `${name}=${kept}`,
]

describe('a setting', () => {
  test('comes over with its value to the letter, plain or custom, empty or over lines', async () => {
    expect(await carried(SET.map(entry))).toEqual(SET.map(expected))
  })

  test('that is a list comes over element by element, in quotes or not, and empty', async () => {
    expect(await carried(LISTS.map(entry))).toEqual(LISTS.map(expected))
  })

  test('keeps its place among others', async () => {
    const [old, built] = [made.database(), made.database()]
    const names = ['seed', 'lock_timeout', 'app.z', 'app.a', 'geqo']
    await run(
      `CREATE DATABASE ${id(old)}`,
      `CREATE DATABASE ${id(built)}`,
      ...names.map((name) => `ALTER DATABASE ${id(old)} SET ${name} = '1'`),
    )
    await asSuperuser(async (client) => {
      await carryOver(
        client,
        await propertiesOf(client, old),
        await propertiesOf(client, built),
        built,
      )
      const [was, is] = [await propertiesOf(client, old), await propertiesOf(client, built)]
      expect(is.settings.map(({name}) => name)).toEqual(names)
      expect(changesBetween(is, was, built)).toEqual([])
    })
  })
})
