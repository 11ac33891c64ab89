import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {connect, dropDatabases, freshName, query, urlOf} from '../support/postgres.js'
import {runProgram} from '../support/program.js'
import {openTerminal, type Terminal} from '../support/terminal.js'

let database: string

beforeEach(async () => {
  database = freshName()
  await create()
})
afterEach(async () => {
  const rows = await query<{datname: string}>('SELECT datname FROM pg_database')
  const names = rows.map(({datname}) => datname).filter((name) => name.startsWith(database))
  await dropDatabases(...names)
})

async function create(): Promise<void> {
  await query(`CREATE DATABASE "${database}" TEMPLATE template0`)
  await query('CREATE TABLE precious AS SELECT generate_series(1, 700) AS n', database)
  await query('ANALYZE', database)
}

const oid = async (): Promise<unknown> =>
  (await query(`SELECT oid FROM pg_database WHERE datname = '${database}'`))[0]?.['oid']
const precious = async (): Promise<unknown> =>
  (await query('SELECT count(*)::int AS n FROM precious', database))[0]?.['n']
const users = (): Promise<unknown[]> => query('SELECT FROM users', database)

const production = () => ({PROD_CONNECTION_URL: urlOf(database)})
const run = (...args: string[]) => runProgram(args, {env: {CONNECTION_URL: urlOf(database)}})
const inTerminal = (...args: string[]): Terminal => openTerminal(args, {env: production()})
const question = `Type the database's name`

const destructive = [['drop'], ['drop', '--force'], ['schema-load'], ['seed'], ['setup']]
describe.each(destructive)('%s %s --dry-run', (...words) => {
  const args = words.filter((word) => word !== undefined)

  test('shows the plan as its result, in words and as JSON, and touches nothing', async () => {
    const before = await oid()
    const {code, stdout, stderr} = await run(...args, '--dry-run')
    expect(code).toBe(0)
    expect(stderr).toMatch(/^local {2}.*\n$/)
    expect(stdout).toMatch(
      new RegExp(`^This would .*/${database}\n {2}server {4}PostgreSQL \\d[\\d.]+\n {2}database {2}"${database}", .*
 {2}tables {4}precious {2}about 700 rows {2}[\\d.]+ kB\n {2}runs .*`),
    )
    const json = await run(...args, '--dry-run', '--json')
    expect([json.code, json.stderr]).toEqual([0, stderr])
    const {target, plan} = JSON.parse(json.stdout)
    expect(target).toMatchObject({name: 'local', production: false, database})
    expect(plan).toMatchObject({
      database: {name: database, exists: true, tables: [{name: 'precious', rows: 700}]},
      steps: expect.arrayContaining([expect.any(String)]),
      refusal: null,
    })
    for (const step of plan.steps) expect(stdout).toContain(step)
    expect([await oid(), await precious()]).toEqual([before, 700])
  })
})

describe('a dry run', () => {
  test('says what would be refused, and still ends with 0', async () => {
    const holder = await connect(database)
    const {code, stdout} = await run('drop', '--dry-run')
    await holder.end()
    expect([code, stdout.trimEnd().split('\n').at(-1)]).toEqual([
      0,
      `  ! as it is now, it would be refused: 1 session uses the database "${database}"`,
    ])
  })

  test('in production needs neither a terminal nor --confirm, but not the wrong name', async () => {
    const env = production()
    const {code, stdout} = await runProgram(['setup', '--prod', '--dry-run'], {env})
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(
        /^PRODUCTION {2}This would rebuild the database and drop the old one: /,
      ),
    ])
    expect(stdout).toContain('run db/seed.sql, if you say yes to that too\n')
    const wrong = await runProgram(['drop', '--prod', '--dry-run', '--confirm', 'other'], {env})
    expect(wrong.code).toBe(4)
  })

  test('finds the mistakes in a file, and a database that is not there', async () => {
    const missing = await run('seed', '--seed-file', 'nowhere.sql', '--dry-run')
    expect([missing.code, missing.stdout]).toEqual([2, ''])
    await dropDatabases(database)
    const {code, stdout} = await run('schema-load', '--dry-run', '--json')
    expect([code, JSON.parse(stdout).plan]).toEqual([
      0,
      expect.objectContaining({
        database: expect.objectContaining({exists: false, tables: null}),
        refusal: expect.stringContaining(`there is no database "${database}"`),
      }),
    ])
    await create()
  })
})

describe('consent at a terminal', () => {
  test('is given to what is shown: the plan comes before the question', async () => {
    const terminal = inTerminal('drop', '--prod')
    await terminal.shows(question)
    expect(terminal.screen()).toMatch(
      /about 700 rows[\s\S]*DROP DATABASE[\s\S]*for good[\s\S]*Type the/,
    )
    terminal.type(`${database}\r`)
    expect(await terminal.ended).toBe(0)
    expect(await oid()).toBeUndefined()
  })

  test.each(['drop', 'setup', 'seed', 'schema-load'])(
    'is worth nothing for another database of that name: %s',
    async (command) => {
      const terminal = inTerminal(command, '--prod', ...(command === 'setup' ? ['--seed'] : []))
      await terminal.shows(question)
      await dropDatabases(database)
      await create()
      terminal.type(`${database}\r`)
      expect(await terminal.ended).toBe(4)
      expect(terminal.screen()).toContain(`Error: the database "${database}" is another one than`)
      expect(terminal.screen()).toContain('nothing was touched; run it again')
      expect(await precious()).toBe(700)
    },
  )

  test.each([
    ['y\r', 'both', 3],
    ['\r', 'the reset only', 0],
  ])('to setup is two yeses: %j means %s', async (second, _, seeded) => {
    const terminal = inTerminal('setup', '--prod')
    await terminal.shows(question)
    terminal.type(`${database}\r`)
    await terminal.shows('Load the seed into production too? (y/N)')
    expect(await precious()).toBe(700)
    terminal.type(second)
    expect(await terminal.ended).toBe(0)
    expect(await users()).toHaveLength(seeded)
  })

  test('is not asked for where there is nothing to drop', async () => {
    await dropDatabases(database)
    const terminal = inTerminal('drop', '--prod')
    expect(await terminal.ended).toBe(0)
    expect(terminal.screen()).toContain(`there is no database "${database}"`)
    expect(terminal.screen()).not.toContain(question)
  })

  test('is not asked for what would be refused', async () => {
    const holder = await connect(database)
    const terminal = inTerminal('drop', '--prod')
    expect(await terminal.ended).toBe(1)
    expect(terminal.screen()).toContain('1 session uses the database')
    expect(terminal.screen()).not.toContain(question)
    await holder.end()
  })

  test('to end a session shows whose it is, and is worth nothing for another with its number', async () => {
    const holder = await connect(database)
    const [row] = (await holder.query('SELECT pg_backend_pid() AS pid')).rows
    const terminal = inTerminal('sessions', '--prod', '--terminate', String(row?.pid))
    await terminal.shows(question)
    expect(terminal.screen()).toContain(`end session ${row?.pid} of postgres`)
    expect(terminal.screen()).toContain(`in "${database}"`)
    await holder.end()
    terminal.type(`${database}\r`)
    expect(await terminal.ended).toBe(0)
    expect(terminal.screen()).toContain(`there was no session ${row?.pid}`)
  })
})

describe('with --confirm', () => {
  test('the plan is on stderr, for the log of whoever confirmed', async () => {
    const args = ['setup', '--prod', '--confirm', database, '--keep-previous', '--json']
    const {code, stdout, stderr} = await runProgram(args, {env: production()})
    expect(code).toBe(0)
    const {seeded, previous} = JSON.parse(stdout)
    expect([seeded, previous]).toEqual([false, expect.stringContaining(`${database}_`)])
    expect(stderr).toMatch(/^PRODUCTION .*\nPRODUCTION {2}This will rebuild the database and keep/)
    expect(stderr).toContain('  lost      nothing\n')
  })
})
