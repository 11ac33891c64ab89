import {spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {hasPgbouncer, type Pgbouncer, startPgbouncer} from '../support/pgbouncer.js'
import {LEAKY, leaksIn, NO_LEAKS, OLD_ROWS, openPooled, type Pooled} from '../support/pooled.js'
import {query} from '../support/postgres.js'

let folder: string
let pooler: Pgbouncer
let pooled: Pooled

const hasPsql = spawnSync('psql', ['--version']).status === 0

describe.skipIf(!hasPgbouncer)('through transaction pooling', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cruddur-db-pgbouncer-'))
    writeFileSync(join(folder, 'leaky.sql'), LEAKY)
    pooler = await startPgbouncer({mode: 'transaction'})
  })
  afterAll(async () => {
    await pooler.close()
    rmSync(folder, {recursive: true, force: true})
  })
  beforeEach(() => {
    pooled = openPooled(pooler, folder)
  })
  afterEach(() => pooled.close())

  test('create and drop work', async () => {
    const {database, run} = pooled
    expect(await run('create')).toMatchObject({
      code: 0,
      stdout: `created the database "${database}"\n`,
    })
    expect(await pooled.databases()).toEqual([database])
    expect(await run('create')).toMatchObject({code: 0})
    expect(await run('drop')).toMatchObject({
      code: 0,
      stdout: `dropped the database "${database}"\n`,
    })
    expect(await pooled.databases()).toEqual([])
  })

  test('drop names the session that the pool keeps, and --force ends it', async () => {
    await pooled.makeOld()
    await pooled.ask('SELECT 1')
    const {code, stdout} = await pooled.run('drop', '--json')
    expect(code).toBe(1)
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'DATABASE_IN_USE',
      sessions: [{db: pooled.database, state: 'idle'}],
    })
    expect(await pooled.oldRows()).toEqual(OLD_ROWS)
    expect(await pooled.run('drop', '--force')).toMatchObject({code: 0})
    expect(await pooled.databases()).toEqual([])
  })

  test('drop in production is not kept from it by its own look at what would be lost', async () => {
    await pooled.makeOld()
    const {code, stderr} = await pooled.inProduction('drop')
    expect(code, stderr).toBe(0)
    expect(await pooled.databases()).toEqual([])
  })

  test('sessions works where the database does not exist', async () => {
    const {code, stdout} = await pooled.run('sessions', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout).sessions).toContainEqual(
      expect.objectContaining({app: 'cruddur-db sessions', db: 'postgres'}),
    )
  })

  test.skipIf(!hasPsql)('connect works', async () => {
    await pooled.makeOld()
    const args = ['connect', '--', '-X', '-A', '-t', '-c', 'SELECT sum(n) FROM old']
    expect(await pooled.run(...args)).toMatchObject({code: 0, stdout: '3\n'})
  })

  const file = ['--schema-file', 'leaky.sql']
  test.each([
    ['setup', ['setup', ...file]],
    ['setup', ['setup', '--force', ...file]],
    ['SQL files', ['schema-load', ...file]],
    ['SQL files', ['schema-load', '--no-transaction', ...file]],
    ['SQL files', ['seed', '--seed-file', 'leaky.sql']],
    ['migrations', ['migrate']],
    ['migrations', ['migrate', '--mark-applied', '1']],
    ['migrations', ['rollback']],
  ])('%s: refused, and neither database nor pool is changed by %j', async (act, args) => {
    await pooled.makeOld()
    const host = `127.0.0.1:${pooler.port}`
    expect(await pooled.run(...args)).toEqual({
      code: 1,
      stdout: '',
      stderr: `${pooled.targetLine}Error: cannot run ${act} through the connection pooler at ${host}: it shares its sessions between clients (transaction pooling)
  → nothing was changed; connect to PostgreSQL itself instead of the pooler, usually at port 5432
`,
    })
    expect(await leaksIn(pooled)).toEqual([NO_LEAKS, NO_LEAKS, NO_LEAKS, NO_LEAKS])
    expect(await pooled.databases()).toEqual([pooled.database])
    expect(await pooled.oldRows()).toEqual(OLD_ROWS)
    const made = await query("SELECT to_regclass('made') AS made", pooled.database)
    expect(made).toEqual([{made: null}])
  })

  test('a script gets the code of that, also where there is no database yet', async () => {
    const {code, stdout} = await pooled.run('setup', '--json')
    expect([code, JSON.parse(stdout).error.code]).toEqual([1, 'POOLED_CONNECTION'])
    expect(await pooled.databases()).toEqual([])
  })

  test('--dry-run shows the plan', async () => {
    await pooled.makeOld()
    for (const command of ['drop', 'schema-load', 'seed', 'setup']) {
      const {code, stdout, stderr} = await pooled.run(command, '--dry-run', '--json')
      expect(code, stderr).toBe(0)
      expect(JSON.parse(stdout).plan.database).toMatchObject({name: pooled.database, exists: true})
    }
    expect(await pooled.oldRows()).toEqual(OLD_ROWS)
  })
})
