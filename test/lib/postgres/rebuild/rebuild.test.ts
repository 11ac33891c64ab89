import {afterEach, describe, expect, inject, test} from 'vitest'
import {withClient} from '../../../../src/lib/postgres/connection/connect.js'
import {verifier} from '../../../../src/lib/postgres/identity.js'
import {markStatement} from '../../../../src/lib/postgres/rebuild/leftovers.js'
import {temporaryName} from '../../../../src/lib/postgres/rebuild/names.js'
import {type RebuildOptions, rebuildDatabase} from '../../../../src/lib/postgres/rebuild/rebuild.js'
import {Secret} from '../../../../src/lib/target/secret.js'
import type {Target} from '../../../../src/lib/target/target.js'
import {connect, dropDatabases, freshName, query} from '../../../support/postgres.js'
import {targetOf} from '../../../support/target.js'
import {until} from '../../../support/wait.js'

const bases: string[] = []
afterEach(async () => {
  for (const base of bases.splice(0)) await dropDatabases(...(await databasesOf(base)))
})

async function databasesOf(base: string): Promise<string[]> {
  const rows = await query<{datname: string}>('SELECT datname FROM pg_database ORDER BY datname')
  return rows.map(({datname}) => datname).filter((name) => name.startsWith(base))
}

function fresh(): string {
  const base = freshName()
  bases.push(base)
  return base
}

/** An existing database whose only table says `old`. */
async function oldDatabase(): Promise<string> {
  const base = fresh()
  await query(`CREATE DATABASE "${base}" TEMPLATE template0`)
  await mark(targetOf(base), 'old')
  return base
}

async function mark(target: Target, word: string): Promise<void> {
  await withClient(target, (client) =>
    client.query(`CREATE TABLE mark AS SELECT '${word}' AS word`),
  )
}

async function wordIn(database: string): Promise<unknown> {
  return (await query('SELECT word FROM mark', database))[0]?.['word']
}

interface Outcome {
  notes: string[]
  steps: string[]
}

function rebuild(
  database: string,
  options: Partial<RebuildOptions> = {},
  target = targetOf(database),
) {
  const outcome: Outcome = {notes: [], steps: []}
  const result = rebuildDatabase(target, {
    ready: Promise.resolve(),
    fill: (built) => mark(built, 'new'),
    force: false,
    keepPrevious: false,
    verify: verifier(target, undefined),
    step: (name, run) => {
      outcome.steps.push(name)
      return run()
    },
    onNote: (note) => outcome.notes.push(note),
    ...options,
  })
  return {result, outcome}
}

describe('rebuildDatabase', () => {
  test('passes on what the server warns of, but not that a session to end was gone already', async () => {
    const notices: string[] = []
    const database = fresh()
    const {result} = rebuild(database, {
      onNotice: (_, message) => notices.push(message),
      verify: async (client) => {
        await client.query('SELECT pg_terminate_backend(2147483647)')
        await client.query("DO $$ BEGIN RAISE WARNING 'PID 1 is mine'; END $$")
        return await verifier(targetOf(database), undefined)(client)
      },
    })
    await result
    expect(notices).toEqual(['PID 1 is mine'])
  })

  test('makes the database when there is none', async () => {
    const base = fresh()
    const {result, outcome} = rebuild(base)
    expect(await result).toEqual({replaced: false, previous: null})
    expect(outcome).toEqual({notes: [], steps: ['create', 'swap']})
    expect(await databasesOf(base)).toEqual([base])
    expect(await wordIn(base)).toBe('new')
  })

  test('replaces the old one and drops it', async () => {
    const base = await oldDatabase()
    const {result, outcome} = rebuild(base)
    expect(await result).toMatchObject({replaced: true, previous: null})
    expect(outcome.steps).toEqual(['create', 'swap', 'drop-previous'])
    expect(await databasesOf(base)).toEqual([base])
    expect(await wordIn(base)).toBe('new')
  })

  test('keeps the old one under a dated name when told to', async () => {
    const base = await oldDatabase()
    const {previous} = await rebuild(base, {keepPrevious: true}).result
    expect(previous).toMatch(new RegExp(`^${base}_\\d{8}_\\d{6}$`))
    expect(await wordIn(String(previous))).toBe('old')
    expect(await wordIn(base)).toBe('new')
  })

  test('leaves the old one in use while the new one is filled, and as it was when that fails', async () => {
    const base = await oldDatabase()
    let during: unknown
    const {result} = rebuild(base, {
      fill: async (built) => {
        await mark(built, 'half')
        during = await wordIn(base)
        throw new Error('disk full')
      },
    })
    await expect(result).rejects.toThrow('disk full')
    expect(during).toBe('old')
    expect(await databasesOf(base)).toEqual([base])
    expect(await wordIn(base)).toBe('old')
  })

  test('builds nothing for a role that does not own the old one', async () => {
    const base = await oldDatabase()
    const role = freshName('_role')
    await query(`CREATE ROLE "${role}" LOGIN CREATEDB PASSWORD 'x'`)
    try {
      const target = targetOf(base, {user: role, password: new Secret('x')})
      const {result, outcome} = rebuild(base, {}, target)
      await expect(result).rejects.toMatchObject({
        code: 'NO_RIGHTS',
        message: `"${base}" belongs to another role`,
      })
      expect(outcome.steps).toEqual([])
    } finally {
      await query(`DROP ROLE "${role}"`)
    }
  })

  test('does not replace the template of new databases', async () => {
    const {result, outcome} = rebuild('template1')
    await expect(result).rejects.toMatchObject({code: 'TEMPLATE_DATABASE', exit: 1})
    expect(outcome.steps).toEqual([])
  })

  test('builds nothing while sessions use the old one', async () => {
    const base = await oldDatabase()
    const holder = await connect(base)
    try {
      const {result, outcome} = rebuild(base)
      await expect(result).rejects.toMatchObject({code: 'DATABASE_IN_USE'})
      expect(outcome.steps).toEqual([])
    } finally {
      await holder.end()
    }
    expect(await databasesOf(base)).toEqual([base])
  })

  test('refuses the swap when a session came while it was building, and tidies up', async () => {
    const base = await oldDatabase()
    let holder: Awaited<ReturnType<typeof connect>> | undefined
    const {result} = rebuild(base, {
      fill: async (built) => {
        await mark(built, 'new')
        holder = await connect(base)
      },
    })
    await expect(result).rejects.toMatchObject({
      code: 'DATABASE_IN_USE',
      message: `1 session uses the database "${base}"; nothing was changed`,
    })
    await holder?.end()
    expect(await databasesOf(base)).toEqual([base])
    expect(await wordIn(base)).toBe('old')
  })

  test('with force wins against clients that reconnect without pause', async () => {
    const base = await oldDatabase()
    let stop = false
    const reconnecting = async (): Promise<void> => {
      while (!stop) {
        const client = await connect(base).catch(() => undefined)
        await client?.query('SELECT pg_sleep(0.05)').catch(() => {})
        await client?.end()
      }
    }
    const pool = Array.from({length: 6}, reconnecting)
    const idle = await connect(base)
    expect(await rebuild(base, {force: true}).result).toMatchObject({
      replaced: true,
      previous: null,
    })
    stop = true
    await Promise.all([...pool, idle.end()])
    expect(await wordIn(base)).toBe('new')
  })

  test('of one database at a time: the second is refused while the first builds', async () => {
    const base = await oldDatabase()
    let second: unknown
    await rebuild(base, {
      fill: async (built) => {
        await mark(built, 'first')
        second = await rebuild(base).result.catch((error: unknown) => error)
      },
    }).result
    expect(second).toMatchObject({code: 'SETUP_RUNNING', exit: 1})
    expect(await wordIn(base)).toBe('first')
    expect(await databasesOf(base)).toEqual([base])
  })

  test('of one database at a time also where one of them works from another maintenance database', async () => {
    const base = await oldDatabase()
    const elsewhere = await connect(await oldDatabase())
    // What a setup holds that has no way into the database postgres.
    await elsewhere.query('SELECT pg_advisory_lock($1, hashtext($2))', [0x63_72_75_64, base])
    await expect(rebuild(base).result).rejects.toMatchObject({code: 'SETUP_RUNNING'})
    await elsewhere.end()
    // A session that has ended is seen for a moment more, and so is its lock.
    const locks = `SELECT FROM pg_locks WHERE locktype = 'advisory'
      AND objid::bigint = hashtext('${base}')::bigint & 4294967295`
    await until(
      async () => (await query(locks)).length === 0,
      () => 'the locks to be released',
    )
    await rebuild(base).result
    expect(await wordIn(base)).toBe('new')
  })

  // PostgreSQL 14 has that setting first.
  test.runIf(inject('serverVersion') >= 14)(
    'outlasts timeouts that the server has for idle sessions',
    async () => {
      const base = await oldDatabase()
      const role = freshName('_role')
      await query(`CREATE ROLE "${role}" SUPERUSER LOGIN PASSWORD 'x'`)
      await query(`ALTER ROLE "${role}" SET idle_session_timeout = '100ms'`)
      try {
        const target = targetOf(base, {user: role, password: new Secret('x')})
        const fill = async (built: Target) => {
          await mark(built, 'new')
          await query('SELECT pg_sleep(0.4)')
        }
        expect(await rebuild(base, {fill}, target).result).toMatchObject({replaced: true})
      } finally {
        await dropDatabases(...(await databasesOf(base)))
        await query(`DROP ROLE "${role}"`)
      }
    },
  )

  test('removes what a killed setup left, and nothing else', async () => {
    const base = await oldDatabase()
    const leftovers = [temporaryName(base, 'new'), temporaryName(base, 'old')]
    const [unmarked, bystander] = [temporaryName(base, 'new'), `${base}.new-00000000-abcdef`]
    for (const name of [...leftovers, unmarked, bystander])
      await query(`CREATE DATABASE "${name}" TEMPLATE template0`)
    for (const name of [...leftovers, bystander]) await query(markStatement(name, 'being built'))
    const {result, outcome} = rebuild(base)
    await result
    expect(outcome.notes.sort()).toEqual(
      [
        ...leftovers.map((name) => `removed "${name}", left by an unfinished setup`),
        `"${unmarked}" has the name of what an unfinished setup leaves, but is not marked as its own: it was not removed`,
      ].sort(),
    )
    expect(await databasesOf(base)).toEqual([base, bystander, unmarked].sort())
  })

  test('its login to the new database, held back, holds up no DROP DATABASE: its own neither', async () => {
    const base = fresh()
    const leftover = temporaryName(base, 'new')
    await query(`CREATE DATABASE "${leftover}" TEMPLATE template0`)
    await query(markStatement(leftover, 'being built'))
    const began = performance.now()
    const {result, outcome} = rebuild(base)
    await result
    expect(outcome.notes).toEqual([`removed "${leftover}", left by an unfinished setup`])
    expect(performance.now() - began).toBeLessThan(5000)
  })

  test('leaves a leftover that somebody uses, and says so', async () => {
    const base = await oldDatabase()
    const leftover = temporaryName(base, 'old')
    await query(`CREATE DATABASE "${leftover}" TEMPLATE template0`)
    await query(markStatement(leftover, 'replaced'))
    const holder = await connect(leftover)
    const {result, outcome} = rebuild(base)
    await result
    await holder.end()
    expect(outcome.notes).toEqual([
      `"${leftover}" has the name of what an unfinished setup leaves, but is in use: it was not removed`,
    ])
  })

  test('refuses the swap when the old one was replaced while it was building', async () => {
    const base = await oldDatabase()
    const {result} = rebuild(base, {
      fill: async (built) => {
        await mark(built, 'new')
        await dropDatabases(base)
        await query(`CREATE DATABASE "${base}" TEMPLATE template0`)
        await mark(targetOf(base), 'theirs')
      },
    })
    await expect(result).rejects.toMatchObject({
      code: 'TARGET_CHANGED',
      exit: 1,
      message: `the database "${base}" was replaced by somebody while the new one was built`,
    })
    expect(await databasesOf(base)).toEqual([base])
    expect(await wordIn(base)).toBe('theirs')
  })

  test('refuses the swap when the old one is gone, or another one came where there was none', async () => {
    const gone = await oldDatabase()
    const {result} = rebuild(gone, {fill: () => dropDatabases(gone)})
    await expect(result).rejects.toMatchObject({code: 'TARGET_CHANGED'})
    expect(await databasesOf(gone)).toEqual([])
    const base = fresh()
    const create = async () => void (await query(`CREATE DATABASE "${base}" TEMPLATE template0`))
    await expect(rebuild(base, {fill: create}).result).rejects.toMatchObject({
      code: 'DATABASE_EXISTS',
      message: `"${base}" was created in the meantime`,
    })
    expect(await databasesOf(base)).toEqual([base])
  })

  test('ends sessions in the new one, which have nothing to lose there', async () => {
    const base = await oldDatabase()
    let monitor: Awaited<ReturnType<typeof connect>> | undefined
    const started = Date.now()
    await rebuild(base, {
      fill: async (built) => {
        await mark(built, 'new')
        monitor = await connect(built.database)
      },
    }).result
    // The server alone would wait five seconds, and then refuse.
    expect(Date.now() - started).toBeLessThan(4000)
    expect(await wordIn(base)).toBe('new')
    await monitor?.end()
  })

  test('carries over what belongs to the database itself, and nothing of its own making', async () => {
    const base = await oldDatabase()
    const properties = `SELECT rolname, datacl::text, datconnlimit, setconfig, shobj_description(d.oid, 'pg_database') AS comment
      FROM pg_database d JOIN pg_roles r ON r.oid = datdba LEFT JOIN pg_db_role_setting ON setdatabase = d.oid
      WHERE datname = '${base}'`
    await query(`ALTER DATABASE "${base}" SET search_path = app, "$user", public`)
    await query(`COMMENT ON DATABASE "${base}" IS 'it''s mine'`)
    await query(`ALTER DATABASE "${base}" CONNECTION LIMIT 7`)
    await query(`REVOKE CONNECT ON DATABASE "${base}" FROM PUBLIC`)
    const before = await query(properties)
    const {previous} = await rebuild(base, {
      fill: async (built) => {
        const rows = await query<{p: string}>(
          "SELECT current_setting('search_path') AS p",
          built.database,
        )
        expect(rows).toEqual([{p: 'app, "$user", public'}])
        await query('CREATE SCHEMA app', built.database)
        await query("CREATE TABLE mark AS SELECT 'new' AS word", built.database)
        // What is changed while it is built comes along too.
        await query(`ALTER DATABASE "${base}" CONNECTION LIMIT 8`)
      },
      keepPrevious: true,
    }).result
    expect(await query(properties)).toEqual([{...before[0], datconnlimit: 8}])
    expect(await query(properties.replace(base, String(previous)))).toEqual([
      {...before[0], datconnlimit: 8},
    ])
    const plain = fresh()
    await rebuild(plain).result
    expect(await query(properties.replace(base, plain))).toMatchObject([
      {datacl: null, setconfig: null, comment: null},
    ])
  })

  test('keeps encoding and locale', async () => {
    const base = fresh()
    await query(`CREATE DATABASE "${base}" TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'`)
    await rebuild(base).result
    expect(
      await query(
        `SELECT pg_encoding_to_char(encoding) AS encoding, datcollate FROM pg_database WHERE datname = '${base}'`,
      ),
    ).toEqual([{encoding: 'LATIN1', datcollate: 'C'}])
  })

  test('interrupted while it loads: cancels, removes the new one, leaves the old one', async () => {
    const base = await oldDatabase()
    const controller = new AbortController()
    const reason = new Error('interrupted')
    const {outcome, result} = rebuild(base, {
      signal: controller.signal,
      fill: (built) =>
        withClient(
          built,
          async (client) => {
            const sleeping = client.query('SELECT pg_sleep(60)')
            controller.abort(reason)
            await sleeping
          },
          {signal: controller.signal},
        ),
    })
    await expect(result).rejects.toBe(reason)
    const left = (await databasesOf(base)).filter((name) => name !== base)
    // On a busy disk a DROP takes longer than whoever interrupts is kept waiting.
    expect(
      left.filter((name) => !outcome.notes.some((note) => note.includes(`"${name}"`))),
    ).toEqual([])
    expect(await wordIn(base)).toBe('old')
  })
})
