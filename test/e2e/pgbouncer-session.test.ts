import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {hasPgbouncer, type Pgbouncer, serverEntry, startPgbouncer} from '../support/pgbouncer.js'
import {LEAKY, leaksIn, NO_LEAKS, OLD_ROWS, openPooled, type Pooled} from '../support/pooled.js'
import {freshName, query} from '../support/postgres.js'
import {until} from '../support/wait.js'

let folder: string
let pooler: Pgbouncer
let pooled: Pooled

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-pgbouncer-'))
  const naps = 'SELECT pg_sleep(0.1);\n'.repeat(300)
  const files = {
    'bad.sql': 'CREATE TABLE made (n int);\nSELECT 1/0;\n',
    'leaky.sql': LEAKY,
    'rows.sql': 'INSERT INTO made VALUES (1), (2);\n',
    'slow.sql': `CREATE TABLE made (n int);\n${naps}`,
    'small.sql': 'CREATE TABLE made (n int);\n',
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
})
afterAll(() => rmSync(folder, {recursive: true, force: true}))

const users = () => pooled.ask('SELECT count(*)::int AS n FROM users')

describe.skipIf(!hasPgbouncer)('through session pooling', () => {
  beforeAll(async () => {
    pooler = await startPgbouncer({mode: 'session'})
  })
  afterAll(() => pooler.close())
  beforeEach(() => {
    pooled = openPooled(pooler, folder)
  })
  afterEach(() => pooled.close())

  test('the life of a database works, and the pool works on', async () => {
    const {run} = pooled
    expect(await run('create')).toMatchObject({code: 0})
    expect(await pooled.ask('SELECT 1 AS one')).toEqual([{one: 1}])
    expect(await run('schema-load')).toMatchObject({code: 0})
    expect(await users()).toEqual([{n: 0}])
    expect(await run('seed')).toMatchObject({code: 0})
    expect(await users()).toEqual([{n: 3}])
    expect(await run('sessions')).toMatchObject({code: 0})
    expect(await run('drop', '--force')).toMatchObject({code: 0})
    expect(await pooled.databases()).toEqual([])
  })

  test('migrations run one after the other, and the pool keeps neither lock nor setting', async () => {
    const {run} = pooled
    await run('create')
    await run('schema-load')
    expect(await run('migrate')).toMatchObject({code: 0})
    expect(await run('migrate-status')).toMatchObject({code: 0})
    expect(await run('rollback')).toMatchObject({code: 0})
    expect(await run('migrate')).toMatchObject({code: 0})
    expect(await leaksIn(pooled)).toEqual([NO_LEAKS, NO_LEAKS, NO_LEAKS, NO_LEAKS])
  })

  test('setup builds a database, and again with --force under clients of the pool', async () => {
    expect(await pooled.run('setup')).toMatchObject({code: 0})
    await pooled.ask("DELETE FROM users WHERE handle = 'andrewbrown'")
    const staying = await pooled.connect()
    await staying.query('SELECT 1')
    const {code, stderr} = await pooled.run('setup', '--force')
    expect(code, stderr).toBe(0)
    // Its session was in the old database.
    await expect(staying.query('SELECT 1')).rejects.toThrow()
    expect(await users()).toEqual([{n: 3}])
    expect(await pooled.databases()).toEqual([pooled.database])
  })

  test('setup without --force names the session that the pool keeps', async () => {
    await pooled.makeOld()
    await pooled.ask('SELECT 1')
    const {code, stdout} = await pooled.run('setup', '--json')
    expect(code).toBe(1)
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'DATABASE_IN_USE',
      sessions: [{db: pooled.database, state: 'idle'}],
    })
    expect(await pooled.databases()).toEqual([pooled.database])
    expect(await pooled.oldRows()).toEqual(OLD_ROWS)
  })

  test('setup in production is not kept from it by its own look at what would be lost', async () => {
    await pooled.makeOld()
    const {code, stderr} = await pooled.inProduction('setup', '--no-seed')
    expect(code, stderr).toBe(0)
    expect(await users()).toEqual([{n: 0}])
    expect(await pooled.databases()).toEqual([pooled.database])
  })

  test('setup --keep-previous keeps the old one', async () => {
    await pooled.makeOld()
    const {code, stdout} = await pooled.run('setup', '--keep-previous', '--json')
    expect(code).toBe(0)
    const {previous} = JSON.parse(stdout)
    expect(await pooled.databases()).toEqual([pooled.database, previous])
    expect(await query('SELECT n FROM old ORDER BY n', previous)).toEqual(OLD_ROWS)
  })

  test('setup leaves the old one as it was when a statement fails, and nothing else', async () => {
    await pooled.makeOld()
    expect(await pooled.run('setup', '--schema-file', 'bad.sql')).toMatchObject({code: 1})
    expect(await pooled.databases()).toEqual([pooled.database])
    expect(await pooled.oldRows()).toEqual(OLD_ROWS)
  })

  test('what a file sets reaches no other client', async () => {
    await pooled.makeOld()
    const {code, stderr} = await pooled.run('schema-load', '--schema-file', 'leaky.sql')
    expect(code, stderr).toBe(0)
    expect(await leaksIn(pooled)).toEqual([NO_LEAKS, NO_LEAKS, NO_LEAKS, NO_LEAKS])
    expect(await query('SELECT n FROM made', pooled.database)).toEqual([])
  })

  describe('in the middle of a file', () => {
    const at = (condition: string): string =>
      `SELECT pid FROM pg_stat_activity WHERE ${condition} AND query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()`

    async function reached(condition: string): Promise<void> {
      await until(
        async () => (await query(at(condition))).length === 1,
        () => 'the file to be run',
      )
    }

    const nothingMade = async (): Promise<void> => {
      const made = await query("SELECT to_regclass('made') AS made", pooled.database)
      expect(made).toEqual([{made: null}])
      expect(await pooled.oldRows()).toEqual(OLD_ROWS)
    }

    test('an ended session is a lost connection, and nothing is kept', async () => {
      await pooled.makeOld()
      const {result} = pooled.start('schema-load', '--schema-file', 'slow.sql')
      const inOld = `datname = '${pooled.database}'`
      await reached(inOld)
      await query(`SELECT pg_terminate_backend(pid) FROM (${at(inOld)}) AS running`)
      const {code, stderr} = await result
      expect(code, stderr).toBe(3)
      expect(stderr).toContain(`Error: the connection to 127.0.0.1:${pooler.port} was lost: `)
      await nothingMade()
    })

    test('Ctrl-C reaches the statement, and nothing is kept', async () => {
      await pooled.makeOld()
      const {child, result} = pooled.start('schema-load', '--schema-file', 'slow.sql')
      await reached(`datname = '${pooled.database}'`)
      const interrupted = performance.now()
      child.kill('SIGINT')
      const {code, stderr} = await result
      expect(code, stderr).toBe(130)
      expect(performance.now() - interrupted).toBeLessThan(2000)
      await until(
        async () => (await query(at(`datname = '${pooled.database}'`))).length === 0,
        () => 'the statement to end',
      )
      await nothingMade()
    })

    test('kill -9 of a setup leaves the old database, and the lock to the next one', async () => {
      await pooled.makeOld()
      const {child, result} = pooled.start('setup', '--schema-file', 'slow.sql')
      const inNew = `datname LIKE '${pooled.database}.new-%'`
      await reached(inNew)
      child.kill('SIGKILL')
      await result
      await nothingMade()
      const [, leftover] = await pooled.databases()
      const next = await pooled.run('setup')
      expect(next.code, next.stderr).toBe(0)
      expect(await users()).toEqual([{n: 3}])
      // It may still have the statement of the killed one, and an idle session that the pool keeps for ten minutes.
      expect(next.stderr).toContain(`"${leftover}"`)
      await query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${inNew}`)
      await until(
        async () => (await query(`SELECT FROM pg_stat_activity WHERE ${inNew}`)).length === 0,
        () => 'the sessions to end',
      )
      const {code, stderr} = await pooled.run('setup', '--force')
      expect(code, stderr).toBe(0)
      expect(await pooled.databases()).toEqual([pooled.database])
    })
  })
})

describe.skipIf(!hasPgbouncer)('through a pool of one session', () => {
  beforeAll(async () => {
    pooler = await startPgbouncer({mode: 'session', settings: {default_pool_size: 1}})
    pooled = openPooled(pooler, folder)
  })
  afterAll(async () => {
    await pooler.close()
    await pooled.close()
  })

  test('files are run', async () => {
    await pooled.makeOld()
    const load = await pooled.run('schema-load', '--schema-file', 'small.sql')
    expect(load.code, load.stderr).toBe(0)
    const seed = await pooled.run('seed', '--seed-file', 'rows.sql')
    expect(seed.code, seed.stderr).toBe(0)
    expect(await query('SELECT n FROM made ORDER BY n', pooled.database)).toEqual(OLD_ROWS)
  })
})

describe.skipIf(!hasPgbouncer)('a pooler that knows one database only', () => {
  beforeAll(async () => {
    const database = freshName()
    pooler = await startPgbouncer({mode: 'session', databases: {[database]: serverEntry()}})
    pooled = openPooled(pooler, folder, database)
    await pooled.makeOld()
  })
  afterAll(async () => {
    await pooler.close()
    await pooled.close()
  })

  test.each([['create'], ['drop'], ['setup'], ['sessions']])(
    'does not let %s work, which says why',
    async (command) => {
      expect(await pooled.run(command)).toEqual({
        code: 3,
        stdout: '',
        stderr: `${pooled.targetLine}Error: the connection pooler at 127.0.0.1:${pooler.port} does not know the database "postgres"
  → connect to PostgreSQL itself, usually at port 5432
  SQLSTATE 08P01
`,
      })
      expect(await pooled.databases()).toEqual([pooled.database])
      expect(await pooled.oldRows()).toEqual(OLD_ROWS)
    },
  )

  test('has files run in it', async () => {
    const {code, stderr} = await pooled.run('schema-load', '--schema-file', 'small.sql')
    expect(code, stderr).toBe(0)
  })
})
