import {afterEach, describe, expect, test} from 'vitest'
import {withClient} from '../../../src/lib/postgres/connect.js'
import {temporaryName} from '../../../src/lib/postgres/names.js'
import {type RebuildOptions, rebuildDatabase} from '../../../src/lib/postgres/rebuild.js'
import {Secret} from '../../../src/lib/target/secret.js'
import type {Target} from '../../../src/lib/target/target.js'
import {connect, dropDatabases, freshName, query} from '../../support/postgres.js'
import {targetOf} from '../../support/target.js'

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
    fill: (built) => mark(built, 'new'),
    force: false,
    keepPrevious: false,
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
  test('makes the database when there is none', async () => {
    const base = fresh()
    const {result, outcome} = rebuild(base)
    expect(await result).toEqual({replaced: false, previous: null, filled: undefined})
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

  test('removes what a killed setup left, and nothing else', async () => {
    const base = await oldDatabase()
    const leftover = temporaryName(base, 'new')
    const bystander = `${base}.new-00000000-abcdef`
    await query(`CREATE DATABASE "${leftover}" TEMPLATE template0`)
    await query(`CREATE DATABASE "${bystander}" TEMPLATE template0`)
    const {result, outcome} = rebuild(base)
    await result
    expect(outcome.notes).toEqual([`removed "${leftover}", left by an unfinished setup`])
    expect(await databasesOf(base)).toEqual([base, bystander])
  })

  test('leaves a leftover that somebody uses, and says so', async () => {
    const base = await oldDatabase()
    const leftover = temporaryName(base, 'old')
    await query(`CREATE DATABASE "${leftover}" TEMPLATE template0`)
    const holder = await connect(leftover)
    const {result, outcome} = rebuild(base)
    await result
    await holder.end()
    expect(outcome.notes).toEqual([
      `an unfinished setup left "${leftover}", which is in use and was not removed`,
    ])
  })

  test('interrupted while it loads: cancels, removes the new one, leaves the old one', async () => {
    const base = await oldDatabase()
    const controller = new AbortController()
    const reason = new Error('interrupted')
    const {result} = rebuild(base, {
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
    expect(await databasesOf(base)).toEqual([base])
    expect(await wordIn(base)).toBe('old')
  })
})
