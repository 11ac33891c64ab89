import {afterEach, beforeEach, describe, expect, inject, test} from 'vitest'
import {openTap, type Tap} from '../faults/tap.js'
import {closeGate, PASS_GATE} from '../support/gate.js'
import {type MigrationsFolder, makeMigrationsFolder, migration} from '../support/migrations.js'
import {ended, startProgram} from '../support/program.js'
import {leaks, openStage, type Stage} from '../support/stage.js'
import {until} from '../support/wait.js'

let folder: MigrationsFolder
let stage: Stage
let taps: Tap[] = []
beforeEach(async () => {
  folder = makeMigrationsFolder({
    '0001_one': migration('CREATE TABLE one (n int);', 'DROP TABLE one;'),
    '0002_two': migration(`CREATE TABLE two (n int);\n${PASS_GATE}`, 'DROP TABLE two;'),
  })
  stage = await openStage(folder.path)
})
afterEach(async () => {
  for (const tap of taps) tap.close()
  taps = []
  await stage.close()
  folder.close()
  expect(leaks(stage.output())).toEqual([])
})

const applied = async (): Promise<string> =>
  (await stage.query('SELECT name FROM cruddur_migrations ORDER BY version'))
    .map(({name}) => name)
    .join()
const tables = async (): Promise<string> =>
  (
    await stage.query(
      "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname NOT IN ('old', 'cruddur_migrations') ORDER BY 1",
    )
  )
    .map(({relname}) => relname)
    .join()
const both = async (): Promise<string[]> => [await applied(), await tables()]

/** The program, its way to the server being a tap. */
const throughTap = async (...args: string[]) => {
  const tap = await openTap(stage.url)
  taps.push(tap)
  const url = new URL(stage.url)
  url.port = String(tap.port)
  url.searchParams.set('sslmode', 'disable')
  const run = () => ended(startProgram(args, {cwd: folder.path, env: {CONNECTION_URL: url.href}}))
  return {tap, run}
}

test('ten at once run each migration once, and all of them end well', async () => {
  const results = await Promise.all(Array.from({length: 10}, () => stage.run(['migrate', '-q'])))
  const others = (stderr: string) => stderr.replaceAll(/^waiting: other migrations run .*\n/gm, '')
  expect(results.map(({code, stderr}) => [code, others(stderr)])).toEqual(
    Array.from({length: 10}, () => [0, '']),
  )
  expect(await both()).toEqual(['one,two', 'one,two'])
})

test('of ten at once those that kill -9 spares run each migration once', async (context) => {
  context.skip(inject('serverVersion') < 14, 'PostgreSQL 14 is the first to notice a dead client')
  const gate = await closeGate(stage.url)
  const runs = Array.from({length: 10}, () => {
    const run = stage.start('migrate', '-q')
    let said = ''
    run.child.stderr?.on('data', (data) => {
      said += data
    })
    return {...run, waits: () => said.includes('waiting: other migrations run on this database: ')}
  })
  const living = new Set(runs)
  const kill = async (run: (typeof runs)[number]): Promise<void> => {
    living.delete(run)
    run.child.kill('SIGKILL')
    await run.result
  }
  // The one at the gate, in the middle of the second migration, and two of those that wait for it.
  const atGate = async () => {
    await gate.reached()
    const [holder] = await stage.query(HOLDER)
    return String(holder?.['pid'])
  }
  const first = await atGate()
  await until(
    () => runs.filter((run) => run.waits()).length === 9,
    () => `nine to wait:\n${stage.output()}`,
  )
  for (const run of runs.filter((some) => !some.waits())) await kill(run)
  for (const run of runs.filter((some) => some.waits()).slice(0, 2)) await kill(run)
  await until(
    async () => (await atGate()) !== first,
    () => 'another one to come to the gate',
  )
  expect(await both()).toEqual(['one', 'one'])
  await gate.open()
  const results = await Promise.all([...living].map(({result}) => result))
  expect(results.map(({code}) => code)).toEqual(Array(7).fill(0))
  expect(await both()).toEqual(['one,two', 'one,two'])
})

/** Who has the lock of migrations. */
const HOLDER = `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = ${0x63727564} AND objid = ${0x6d696772}
  AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`

test('of ten at once each file is told to have run once', async () => {
  const results = await Promise.all(Array.from({length: 10}, () => stage.run(['migrate'])))
  const lines = results.flatMap(({stdout}) => stdout.match(/^ran \S+/gm) ?? [])
  expect(lines.sort()).toEqual(['ran db/migrations/0001_one.sql', 'ran db/migrations/0002_two.sql'])
})

describe('in the middle of a migration', () => {
  test('kill -9 of the program leaves nothing of it, and the next migrate ends it', async () => {
    const gate = await closeGate(stage.url)
    const run = stage.start('migrate')
    await gate.reached()
    run.child.kill('SIGKILL')
    await run.result
    await gate.open()
    expect((await stage.run(['migrate'])).code).toBe(0)
    expect(await both()).toEqual(['one,two', 'one,two'])
    expect(stage.output().match(/^ran /gm)).toHaveLength(2)
  })

  test('the end of its session leaves nothing of it, and the next migrate ends it', async () => {
    const gate = await closeGate(stage.url)
    const run = stage.start('migrate')
    await gate.reached()
    await stage.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cruddur-db migrate' AND datname = current_database()",
    )
    const {code, stderr} = await run.result
    await gate.open()
    expect(code).toBe(3)
    expect(stderr).toMatch(
      /Error: the connection to \S+ was lost: .*? \(while db\/migrations\/0002_two\.sql ran, of which nothing was kept\)\n/,
    )
    expect(await both()).toEqual(['one', 'one'])
    expect((await stage.run(['migrate'])).code).toBe(0)
    expect(await both()).toEqual(['one,two', 'one,two'])
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends it, keeps nothing of it, and leaves no session', async (signal, exit) => {
    const gate = await closeGate(stage.url)
    const run = stage.start('migrate')
    await gate.reached()
    run.child.kill(signal)
    const {code, stderr} = await run.result
    await stage.noSession()
    await gate.open()
    expect([code, stderr]).toEqual([
      exit,
      `${stage.targetLine}Error: interrupted (while db/migrations/0002_two.sql ran, of which nothing was kept)\n`,
    ])
    expect(await both()).toEqual(['one', 'one'])
  })

  test('Ctrl-C says of one without a transaction that it is unfinished', async () => {
    folder.write({
      '0002_two': migration(
        `CREATE TABLE two (n int);\n${PASS_GATE}`,
        undefined,
        ' transaction:false',
      ),
    })
    const gate = await closeGate(stage.url)
    const run = stage.start('migrate')
    await gate.reached()
    run.child.kill('SIGINT')
    const {code, stderr} = await run.result
    await gate.open()
    expect([code, stderr]).toEqual([
      130,
      `${stage.targetLine}Error: interrupted (1 statement has run and is kept); 0002_two is unfinished\n  → finish it by hand, then cruddur-db migrate --mark-applied 0002_two; or undo what it did, then cruddur-db rollback --mark-rolled-back 0002_two\n`,
    ])
    expect(await both()).toEqual(['one,two', 'one,two'])
  })

  test('a statement of it that ends the session leaves nothing of it', async () => {
    folder.write({
      '0002_two': migration(
        'CREATE TABLE two (n int);\nSELECT pg_terminate_backend(pg_backend_pid());',
      ),
    })
    const {code} = await stage.run(['migrate'])
    expect([code, await both()]).toEqual([3, ['one', 'one']])
  })
})

describe('CREATE INDEX CONCURRENTLY that fails', () => {
  const LOOSE = ' transaction:false'
  const cure =
    'DROP INDEX CONCURRENTLY public.i; then cruddur-db rollback --mark-rolled-back 0002_two'
  const build = 'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON one (n);'
  beforeEach(async () => {
    await stage.run(['migrate', '--to', '1'])
    await stage.query('INSERT INTO one VALUES (1)')
    folder.write({'0002_two': migration(build, undefined, LOOSE)})
  })
  const told = async (run: Promise<{stdout: string}>) => {
    const {message, hint} = JSON.parse((await run).stdout).error
    return {message, hint}
  }

  test('leaves an index that no query uses, which is not taken for the one that was asked for', async () => {
    await stage.query('INSERT INTO one VALUES (1)')
    expect(await told(stage.run(['migrate', '--json']))).toEqual({
      message:
        'could not create unique index "i" (no statement before it is kept); it has left an index that no query uses: public.i; 0002_two is unfinished',
      hint: cure,
    })
    expect((await stage.run(['migrate'])).code).toBe(1)
    await stage.query('DROP INDEX CONCURRENTLY i')
    await stage.query('TRUNCATE one')
    await stage.run(['rollback', '--mark-rolled-back', '2'])
    expect((await stage.run(['migrate'])).code).toBe(0)
    expect(
      await stage.query("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass"),
    ).toEqual([{indisvalid: true}])
  })

  test('says so when it is interrupted', async () => {
    const other = await stage.hold()
    await other.query('BEGIN')
    await other.query('INSERT INTO one VALUES (2)')
    const run = stage.start('migrate', '--json')
    await stage.session("wait_event_type = 'Lock' AND query LIKE '%CONCURRENTLY%'")
    run.child.kill('SIGINT')
    expect(await told(run.result)).toEqual({
      message:
        'interrupted (no statement is kept); it has left an index that no query uses: public.i; 0002_two is unfinished',
      hint: cure,
    })
    await other.end()
  })

  test('does not blame it for one that was there before', async () => {
    await stage.query('INSERT INTO one VALUES (1)')
    await stage.query('CREATE UNIQUE INDEX CONCURRENTLY old_one ON one (n)').catch(() => {})
    folder.write({'0002_two': migration('VACUUM nowhere;', undefined, LOOSE)})
    expect(await told(stage.run(['migrate', '--json']))).toMatchObject({
      message: 'relation "nowhere" does not exist (no statement before it is kept)',
    })
    expect(await applied()).toBe('one')
  })
})

describe('a COMMIT whose answer is lost', () => {
  test('counts as what the server says of it: kept', async () => {
    const {tap, run} = await throughTap('migrate', '--to', '1', '-q')
    const cut = tap.afterwards(/COMMIT/, (link) => link.cut())
    const {code, stderr} = await run()
    await cut
    expect([code, stderr, await both()]).toEqual([0, '', ['one', 'one']])
  })

  test('does not keep the next one from running, on another connection', async () => {
    const {tap, run} = await throughTap('migrate', '-q')
    const cut = tap.afterwards(/COMMIT/, (link) => link.cut())
    const {code, stderr} = await run()
    await cut
    expect([code, stderr, await both()]).toEqual([0, '', ['one,two', 'one,two']])
  })

  test('counts as what the server says of it: not kept', async () => {
    const {tap, run} = await throughTap('migrate', '--to', '1', '-q')
    const cut = tap.at(/COMMIT/, (link) => link.cut())
    const {code, stderr} = await run()
    await cut
    expect(code).toBe(3)
    expect(stderr).toMatch(
      /^Error: db\/migrations\/0001_one\.sql: the connection was lost at COMMIT, and nothing was kept: /,
    )
    expect(await both()).toEqual(['', ''])
  })
})

describe('while somebody else has the lock', () => {
  const hold = async () => {
    const other = await stage.hold()
    await other.query("SET application_name = 'hung'")
    const {rows} = await other.query(
      `SELECT pg_backend_pid() AS pid, pg_advisory_lock(${0x63727564}, ${0x6d696772})`,
    )
    return {other, pid: String(rows[0].pid)}
  }
  const waits = (pid: string) =>
    until(
      () =>
        stage
          .output()
          .includes(
            `waiting: other migrations run on this database: process ${pid} (hung, user ${stage.database}, `,
          ),
      () => `the program to wait for ${pid}:\n${stage.output()}`,
    )

  test('it is said who, and what is pending runs when they are done', async () => {
    const {other, pid} = await hold()
    const run = stage.start('migrate')
    await waits(pid)
    await other.end()
    expect((await run.result).code).toBe(0)
    expect(await both()).toEqual(['one,two', 'one,two'])
  })

  test('--quiet does not hide that either, and says it once', async () => {
    const {other, pid} = await hold()
    const run = stage.start('migrate', '--quiet')
    await waits(pid)
    await other.end()
    const {code, stdout, stderr} = await run.result
    expect([code, stdout, stderr.match(/^waiting: /gm)]).toEqual([0, '', ['waiting: ']])
  })

  test('Ctrl-C ends the waiting', async () => {
    const {other, pid} = await hold()
    const run = stage.start('migrate')
    await waits(pid)
    run.child.kill('SIGINT')
    expect((await run.result).code).toBe(130)
    await other.end()
    expect(await tables()).toBe('')
  })
})

describe('a role', () => {
  test('that may not make the table is told what right it lacks', async () => {
    // Before PostgreSQL 15 everybody may.
    await stage.query(
      `REVOKE CREATE ON SCHEMA public FROM PUBLIC; ALTER ROLE "${stage.database}" NOSUPERUSER`,
    )
    const {code, stderr} = await stage.run(['migrate', '-q'])
    expect([code, stderr]).toEqual([
      1,
      'Error: permission denied for schema public: migrate keeps its history in public.cruddur_migrations, which it may not make\n  → as the owner of the database: GRANT CREATE ON SCHEMA public TO …\n  SQLSTATE 42501\n',
    ])
  })

  test('that may not write to the table keeps nothing of a migration', async () => {
    await stage.run(['migrate', '--to', '1'])
    await stage.query(
      `ALTER TABLE cruddur_migrations OWNER TO pg_monitor; GRANT SELECT ON cruddur_migrations TO PUBLIC; GRANT ALL ON SCHEMA public TO "${stage.database}"`,
    )
    await stage.query(`ALTER ROLE "${stage.database}" NOSUPERUSER`)
    const {code, stderr} = await stage.run(['migrate', '-q'])
    expect([code, stderr]).toEqual([
      1,
      'Error: 0002_two cannot be recorded in public.cruddur_migrations, so nothing of it was kept: permission denied for table cruddur_migrations\n  → as its owner: GRANT SELECT, INSERT, UPDATE, DELETE ON public.cruddur_migrations TO …\n  SQLSTATE 42501\n',
    ])
    expect(await both()).toEqual(['one', 'one'])
  })

  test('that can only read is told why', async () => {
    await stage.query(`ALTER DATABASE "${stage.database}" SET default_transaction_read_only = on`)
    const {code, stdout} = await stage.run(['migrate', '--json'])
    expect([code, JSON.parse(stdout).error.code]).toEqual([1, 'READ_ONLY'])
  })
})
