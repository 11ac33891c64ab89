import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type pg from 'pg'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {openTap, type Tap} from '../faults/tap.js'
import {AT_ONCE, inTurn, interrupt} from '../support/interrupt.js'
import {type OwnServer, serverWith} from '../support/own-server.js'
import {leaks, openStage, type Run, type Stage} from '../support/stage.js'
import {until} from '../support/wait.js'

/** A server of its own: whoever holds template1, or stops one of its processes, is in everybody's way. */
let server: OwnServer
let folder: string
let stage: Stage
let before: unknown
const undo: (() => unknown)[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-signals-'))
  writeFileSync(join(folder, 's.sql'), 'CREATE TABLE made (n int);\n')
  writeFileSync(join(folder, 'nap.sql'), 'CREATE TABLE made (n int);\nSELECT pg_sleep(600);\n')
  server = await serverWith({max_connections: '60', fsync: 'off'})
})
afterAll(async () => {
  await server.close()
  rmSync(folder, {recursive: true, force: true})
})

beforeEach(async () => {
  stage = await openStage(folder, server.url('postgres'))
  before = await rows()
})
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each()
  await stage.close()
  expect(leaks(stage.output())).toEqual([])
})

/** Somebody's session; with `stop`, of a process that does not even take the order to end. */
async function hold(database: string, {stop = false} = {}): Promise<pg.Client> {
  const client = await server.connect(database)
  undo.push(() => client.end())
  if (stop) {
    const {rows} = await client.query<{pid: number}>('SELECT pg_backend_pid() AS pid')
    const pid = rows[0]?.pid ?? 0
    process.kill(pid, 'SIGSTOP')
    undo.push(() => process.kill(pid, 'SIGCONT'))
  }
  return client
}

async function databases(suffix: string): Promise<string[]> {
  const rows = await server.query(
    `SELECT datname FROM pg_database WHERE starts_with(datname, '${stage.database}${suffix}')`,
  )
  return rows.map(({datname}) => datname)
}

/** A way to the server that can be listened to. */
async function openWay(): Promise<{tap: Tap; url: string}> {
  const url = new URL(stage.url)
  const tap = await openTap(stage.url)
  undo.push(tap.close)
  url.port = String(tap.port)
  return {tap, url: url.href}
}

const SETUP = ['setup', '--no-seed', '--schema-file', 's.sql']
const active = (sql: string): Promise<void> =>
  stage.session(
    `state = 'active' AND query LIKE '%${sql}%' AND wait_event IS DISTINCT FROM 'ClientRead'`,
  )

const INTERRUPTED = /\nError: interrupted( \(.*\))?\n$/

/** What the database holds, whatever lies beside it. */
const rows = (): Promise<unknown> => server.query('SELECT * FROM old ORDER BY n', stage.database)

/** What the server does not do at once, and what there is of it afterwards; it ends with the signal unless told. */
interface Wait {
  what: string
  reach: () => Promise<Run>
  /** Beside what was there. */
  leaves?: RegExp
  done?: true
}

const WAITS: readonly Wait[] = [
  {
    what: 'a create, which copies a template1 that somebody uses',
    reach: async () => {
      await hold('template1')
      const run = stage.start('create', '--url', `${stage.url}_two`)
      await active('CREATE DATABASE')
      return run
    },
  },
  {
    what: 'a setup, which copies a template1 that somebody uses',
    reach: async () => {
      await hold('template1')
      const run = stage.start(...SETUP)
      await active('CREATE DATABASE')
      return run
    },
  },
  {
    what: 'a forced drop, which cannot end somebody',
    reach: async () => {
      await hold(stage.database, {stop: true})
      const run = stage.start('drop', '--force')
      await active('DROP DATABASE')
      return run
    },
  },
  {
    what: 'a forced swap, which cannot end somebody',
    reach: async () => {
      await hold(stage.database, {stop: true})
      const run = stage.start(...SETUP, '--force')
      await active('RENAME TO')
      return run
    },
    leaves: /^\.new-/,
  },
  {
    what: 'a setup, which removes what an unfinished one left, and somebody has come into that',
    reach: async () => {
      const killed = stage.start('setup', '--schema-file', 'nap.sql')
      await stage.session("wait_event = 'PgSleep'")
      killed.child.kill('SIGKILL')
      await stage.noSession()
      const {tap, url} = await openWay()
      const run = stage.start(...SETUP, '--url', url)
      await tap.at(/DROP DATABASE/, async () => void (await hold((await databases('.'))[0] ?? '')))
      await active('DROP DATABASE')
      return run
    },
    leaves: /^\.new-/,
  },
  {
    what: 'a setup that has swapped, and cannot end somebody in the old database',
    reach: async () => {
      const {tap, url} = await openWay()
      const run = stage.start(...SETUP, '--url', url)
      await tap.at(/DROP DATABASE/, async () => {
        // The message is right behind the swap's.
        await until(
          async () => (await databases('.old-')).length > 0,
          () => 'the old database to get another name',
        )
        await hold((await databases('.old-'))[0] ?? '', {stop: true})
      })
      await active('DROP DATABASE')
      return run
    },
    leaves: /^\.old-/,
    done: true,
  },
]

describe('what the server lets wait', () => {
  test.each(inTurn(WAITS))(
    'ends at once with $signal: $what',
    async ({signal, exit, reach, leaves, done}) => {
      const {seconds, ...seen} = await interrupt(await reach(), signal)
      expect(seconds).toBeLessThan(AT_ONCE)
      expect(leaks(seen.stderr + seen.stdout)).toEqual([])
      // That is what we have done to our own statement, and no reason to tell.
      expect(seen.stderr).not.toContain('canceling statement')
      expect(seen.exit).toBe(done ? 0 : exit)
      if (!done)
        expect(seen).toMatchObject({stdout: '', stderr: expect.stringMatching(INTERRUPTED)})
      for (const each of undo.splice(0).reverse()) await each()
      await stage.noSession()
      for (const name of await databases('.')) {
        expect(name.slice(stage.database.length)).toMatch(leaves ?? /nothing/)
        if (seen.stderr.includes('could not be removed')) expect(seen.stderr).toContain(`"${name}"`)
      }
      expect(await databases('_')).toEqual([])
      if (!done) expect(await rows()).toEqual(before)
    },
  )
})
