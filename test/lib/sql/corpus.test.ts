import {spawnSync} from 'node:child_process'
import {existsSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {describe, expect, inject, test} from 'vitest'
import {readScript} from '../../../src/lib/sql/script.js'
import {query, urlOf, withDatabase} from '../../support/postgres.js'
import {errorOf, load, tablesOf, testFolder, writeFiles} from './support.js'

/** Real files from elsewhere, where they are at hand. */
const CORPUS = fileURLToPath(new URL('../../../../shared/corpus', import.meta.url))
const FILES = existsSync(CORPUS) ? readdirSync(CORPUS).filter((name) => name.endsWith('.sql')) : []

const exists = (program: string) => spawnSync(program, ['--version']).status === 0
const hasPsql = exists('psql')
const WITHOUT_PSQL = 'psql is not installed'

/** Whole or not at all, as here; false when psql fails. */
function loadedByPsql(folder: string, name: string, database: string): boolean {
  const args = ['-X', '-q', '-1', '-v', 'ON_ERROR_STOP=1', '-f', name, urlOf(database)]
  const env = {...process.env, PGCLIENTENCODING: 'UTF8'}
  const {status, error} = spawnSync('psql', args, {cwd: folder, env, stdio: 'ignore'})
  if (error) throw error
  return status === 0
}

async function loadedByUs(cwd: string, name: string, database: string) {
  return await load(await readScript([name], {cwd, transaction: true, database}))
}

/** The rows of each table, counted, and what they hold, as one number. */
async function rowsOf(database: string): Promise<Record<string, unknown>[]> {
  const tables = await query<{name: string}>(
    `SELECT oid::regclass::text AS name FROM pg_class
     WHERE relkind = 'r' AND relnamespace::regnamespace::text !~ '^(pg_|information_schema)' ORDER BY 1`,
    database,
  )
  return await Promise.all(
    tables.map(async ({name}) => ({
      name,
      ...(
        await query(
          `SELECT count(*)::int AS rows, sum(hashtext(t::text)) AS content FROM ${name} AS t`,
          database,
        )
      )[0],
    })),
  )
}

/** The pg_dump on the PATH, or the one that belongs to the server's programs. */
function findPgDump(): {program: string; version: number} | undefined {
  const {stdout} = spawnSync('pg_config', ['--bindir'], {encoding: 'utf8'})
  for (const program of ['pg_dump', ...(stdout ? [join(stdout.trim(), 'pg_dump')] : [])]) {
    const [, major] = /(\d+)\./.exec(String(spawnSync(program, ['--version']).stdout)) ?? []
    if (major) return {program, version: Number(major)}
  }
  return undefined
}

/** The database as text; the key of `\restrict` is another one each time. */
function dumpOf(program: string, database: string): string {
  const {stdout, status, stderr} = spawnSync(program, [urlOf(database)], {
    encoding: 'utf8',
    maxBuffer: 1024 ** 3,
  })
  if (status !== 0) throw new Error(stderr)
  return stdout.replace(/^\\(un)?restrict .*$/gm, '')
}

const pgDump = findPgDump()
/** Why two databases cannot be compared as text, if so. */
const withoutDump = whyWithoutDump(pgDump?.version, inject('serverVersion'))

function whyWithoutDump(own: number | undefined, server: number): string | undefined {
  if (own === undefined) return 'pg_dump is not installed'
  return own < server ? `pg_dump ${own} is older than the server (${server})` : undefined
}

describe.skipIf(FILES.length === 0)('a file that nobody here wrote', () => {
  test.for(FILES)('%s leaves what psql leaves: tables, rows and text', async (name, context) => {
    if (!hasPsql) return context.skip(WITHOUT_PSQL)
    await withDatabase(async (ours) => {
      await withDatabase(async (theirs) => {
        expect(loadedByPsql(CORPUS, name, theirs)).toBe(true)
        await loadedByUs(CORPUS, name, ours)
        const rows = await rowsOf(theirs)
        expect(rows.length).toBeGreaterThan(0)
        expect(await rowsOf(ours)).toEqual(rows)
        if (!pgDump || withoutDump) return context.skip(withoutDump)
        const dump = dumpOf(pgDump.program, theirs)
        expect(dump.length).toBeGreaterThan(10_000)
        expect(dumpOf(pgDump.program, ours)).toBe(dump)
      })
    })
  })

  test.for(FILES)('%s loads again from what pg_dump makes of it', async (name, context) => {
    if (!pgDump || withoutDump) return context.skip(withoutDump)
    await withDatabase(async (first) => {
      await loadedByUs(CORPUS, name, first)
      const dump = dumpOf(pgDump.program, first)
      const folder = await testFolder()
      await writeFiles(folder, {'dump.sql': dump})
      await withDatabase(async (second) => {
        await loadedByUs(folder, 'dump.sql', second)
        expect(dumpOf(pgDump.program, second)).toBe(dump)
      })
    })
  })
})

describe('a file that psql fails with fails here, and leaves as little', () => {
  test.for([
    ['a bad last statement', 'CREATE TABLE a ();\nSELECT nope;\n'],
    ['a bad row', 'CREATE TABLE a (n int);\nCOPY a FROM stdin;\n1\nx\n\\.\n'],
    ['a table that is there', 'CREATE TABLE a ();\nCREATE TABLE a ();\n'],
    [
      'a deferred constraint',
      'CREATE TABLE a (n int PRIMARY KEY REFERENCES a DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO a VALUES (1);\nCREATE TABLE b (n int REFERENCES a DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO b VALUES (2);\n',
    ],
    ['a missing file', 'CREATE TABLE a ();\n\\i nope.sql\n'],
    ['VACUUM', 'CREATE TABLE a ();\nVACUUM;\n'],
    ['a command under \\restrict', 'CREATE TABLE a ();\n\\restrict k\n\\echo a\n\\unrestrict k\n'],
  ])('%s', async ([, content = ''], context) => {
    if (!hasPsql) return context.skip(WITHOUT_PSQL)
    const folder = await testFolder()
    await writeFiles(folder, {'x.sql': content})
    await withDatabase(async (database) => {
      expect(loadedByPsql(folder, 'x.sql', database)).toBe(false)
      expect(await tablesOf(database)).toEqual([])
      await errorOf(() => loadedByUs(folder, 'x.sql', database))
      expect(await tablesOf(database)).toEqual([])
    })
  })

  test.for(FILES)('%s into a database that has it already', async (name, context) => {
    if (!hasPsql) return context.skip(WITHOUT_PSQL)
    await withDatabase(async (database) => {
      await loadedByUs(CORPUS, name, database)
      const rows = await rowsOf(database)
      const psql = loadedByPsql(CORPUS, name, database)
      expect(await rowsOf(database)).toEqual(rows)
      const ours = await loadedByUs(CORPUS, name, database).then(
        () => true,
        () => false,
      )
      expect(ours).toBe(psql)
      expect(await rowsOf(database)).toEqual(rows)
    })
  })
})
