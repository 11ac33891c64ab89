import pg from 'pg'
import {afterEach, describe, expect, test} from 'vitest'
import {verifier} from '../../../../src/lib/postgres/identity.js'
import {type RebuildOptions, rebuildDatabase} from '../../../../src/lib/postgres/rebuild/rebuild.js'
import {connect, dropDatabases, freshName, query} from '../../../support/postgres.js'
import {targetOf} from '../../../support/target.js'

const {escapeIdentifier: identifier, escapeLiteral: literal} = pg

const bases: string[] = []
const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end().catch(() => {})
  for (const base of bases.splice(0)) await dropDatabases(...(await databasesOf(base)))
})

/** With all that is built and kept beside it, whose names begin like its own. */
async function databasesOf(base: string): Promise<string[]> {
  const rows = await query<{datname: string}>('SELECT datname FROM pg_database ORDER BY datname')
  const stem = base.slice(0, freshName().length)
  return rows.map(({datname}) => datname).filter((name) => name.startsWith(stem))
}

async function fill(database: string, word: string): Promise<void> {
  await query(`CREATE TABLE mark AS SELECT '${word}' AS word`, database)
}

async function wordIn(database: string): Promise<unknown> {
  return (await query('SELECT word FROM public.mark', database))[0]?.['word']
}

async function oldDatabase(suffix = ''): Promise<string> {
  const base = freshName(suffix)
  bases.push(base)
  await query(`CREATE DATABASE ${identifier(base)} TEMPLATE template0`)
  await fill(base, 'old')
  return base
}

/** Rebuilds it; `meanwhile` is done when the new one is filled, right before the swap. */
async function rebuild(
  base: string,
  meanwhile: () => unknown,
  options: Partial<RebuildOptions> = {},
) {
  const target = targetOf(base)
  const steps: string[] = []
  const notes: string[] = []
  const result = await rebuildDatabase(target, {
    ready: Promise.resolve(),
    fill: async ({database}) => {
      await fill(database, 'new')
      await meanwhile()
    },
    force: false,
    keepPrevious: false,
    verify: verifier(target, undefined),
    step: (name, run) => {
      steps.push(name)
      return run()
    },
    onNote: (note) => notes.push(note),
    ...options,
  })
  return {...result, steps, notes}
}

async function oidOf(database: string): Promise<unknown> {
  return (await query(`SELECT oid FROM pg_database WHERE datname = ${literal(database)}`))[0]?.[
    'oid'
  ]
}

async function hold(database: string): Promise<pg.Client> {
  const client = await connect(database)
  ends.push(() => client.end())
  return client
}

/** 63 bytes in all, with what has a meaning between SQL's quotes and in its patterns. */
const HOSTILE = `'"\\'--"\\\\%_{}ü`
const SUFFIX = HOSTILE + 'x'.repeat(63 - Buffer.byteLength(freshName(HOSTILE)))

describe('of databases whose names hold quotes and backslashes, in 63 bytes', () => {
  test('the old one is gone after the swap', async () => {
    const base = await oldDatabase(SUFFIX)
    const before = await oidOf(base)
    const {notes, previous, replaced, steps} = await rebuild(base, () => {})
    expect({notes, previous, replaced}).toEqual({notes: [], previous: null, replaced: true})
    expect(steps).toEqual(['create', 'swap', 'drop-previous'])
    expect(await databasesOf(base)).toEqual([base])
    expect(await oidOf(base)).not.toBe(before)
    expect(await wordIn(base)).toBe('new')
  })

  test('the old one is kept under its new name, with its oid, when told to', async () => {
    const base = await oldDatabase(SUFFIX)
    const before = await oidOf(base)
    const {previous, steps} = await rebuild(base, () => {}, {keepPrevious: true})
    expect(steps).toEqual(['create', 'swap'])
    expect(await oidOf(String(previous))).toBe(before)
    expect(await wordIn(String(previous))).toBe('old')
    expect(await databasesOf(base)).toEqual([base, previous].sort())
  })

  test('what is changed on the old one while the new one is filled arrives in the new one', async () => {
    const base = await oldDatabase(SUFFIX)
    const role = freshName('_role')
    await query(`CREATE ROLE "${role}"`)
    ends.push(() => query(`DROP ROLE "${role}"`))
    ends.push(() => dropDatabases(base))
    await query(`COMMENT ON DATABASE ${identifier(base)} IS 'first'`)
    const {previous} = await rebuild(base, async () => {
      const [name, comment] = [identifier(base), literal(`it's "\\ ${base}`)]
      await query(`ALTER DATABASE ${name} SET search_path = app, public`)
      await query(`GRANT CREATE ON DATABASE ${name} TO "${role}"`)
      await query(`REVOKE CONNECT ON DATABASE ${name} FROM PUBLIC`)
      await query(`COMMENT ON DATABASE ${name} IS ${comment}`)
    })
    expect(previous).toBeNull()
    expect(await propertiesOf(base, role)).toEqual({
      path: ['search_path=app, public'],
      creates: true,
      connects: false,
      comment: `it's "\\ ${base}`,
    })
    expect(await wordIn(base)).toBe('new')
  })

  test('a session that is in the old one at the swap has it refused at once', async () => {
    const base = await oldDatabase(SUFFIX)
    let began = 0
    const rebuilding = rebuild(base, async () => {
      await hold(base)
      began = performance.now()
    })
    await expect(rebuilding).rejects.toMatchObject({
      code: 'DATABASE_IN_USE',
      message: `1 session uses the database "${base}"; nothing was changed`,
    })
    // The server alone would wait for 5 s.
    expect(performance.now() - began).toBeLessThan(2500)
    expect(await databasesOf(base)).toEqual([base])
    expect(await wordIn(base)).toBe('old')
  })

  test('a session that is in the old one at the swap is ended with force', async () => {
    const base = await oldDatabase(SUFFIX)
    let began = 0
    let holder: pg.Client | undefined
    const {previous} = await rebuild(
      base,
      async () => {
        holder = await hold(base)
        began = performance.now()
      },
      {force: true},
    )
    expect(performance.now() - began).toBeLessThan(2500)
    expect(previous).toBeNull()
    await expect(holder?.query('SELECT 1')).rejects.toThrow()
    expect(await databasesOf(base)).toEqual([base])
    expect(await wordIn(base)).toBe('new')
  })
})

async function propertiesOf(base: string, role: string): Promise<unknown> {
  const name = literal(base)
  const [found] = await query(
    `SELECT (SELECT setconfig FROM pg_db_role_setting WHERE setdatabase = d.oid) AS path,
      has_database_privilege('${role}', ${name}, 'CREATE') AS creates,
      has_database_privilege('${role}', ${name}, 'CONNECT') AS connects,
      shobj_description(oid, 'pg_database') AS comment FROM pg_database d WHERE datname = ${name}`,
  )
  return found
}

describe('the swap', () => {
  test('takes away from the new one what was taken from the old one meanwhile', async () => {
    const base = await oldDatabase()
    await query(`ALTER DATABASE "${base}" SET search_path = app, public`)
    await query(`COMMENT ON DATABASE "${base}" IS 'first'`)
    await rebuild(base, async () => {
      await query(`ALTER DATABASE "${base}" RESET ALL`)
      await query(`COMMENT ON DATABASE "${base}" IS NULL`)
    })
    expect(await propertiesOf(base, 'pg_monitor')).toMatchObject({path: null, comment: null})
  })

  test('leaves the new one what filling it has set', async () => {
    const base = await oldDatabase()
    await rebuild(base, () => {}, {
      fill: async ({database}) => {
        await fill(database, 'new')
        await query(`ALTER DATABASE ${identifier(database)} SET search_path = app, public`)
      },
    })
    expect(await propertiesOf(base, 'pg_monitor')).toMatchObject({
      path: ['search_path=app, public'],
      comment: null,
    })
  })
})
