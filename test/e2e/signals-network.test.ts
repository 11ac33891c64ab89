import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, type TestContext, test} from 'vitest'
import {openTap} from '../faults/tap.js'
import {AT_ONCE, type Interrupted, inTurn, interrupt} from '../support/interrupt.js'
import {query} from '../support/postgres.js'
import {openRelay} from '../support/relay.js'
import {leaks, openStage} from '../support/stage.js'
import {until} from '../support/wait.js'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-signals-'))
  writeFileSync(join(folder, 's.sql'), 'CREATE TABLE made (n int);\n')
})
afterAll(() => rmSync(folder, {recursive: true, force: true}))

const SETUP = ['setup', '--no-seed', '--schema-file', 's.sql']

/** Where the network goes dead, so that nothing that is sent is answered any more, nor a new connection. */
interface Moment {
  what: string
  /** The message that is the first to find it dead. */
  at: RegExp
  /** What the program has said by then. */
  said?: string
  args: readonly string[]
}

const DEAD: readonly Moment[] = [
  {what: 'the plan is made', at: /reltuples/, args: ['drop', '--dry-run']},
  {what: 'the database is dropped', at: /DROP DATABASE/, args: ['drop']},
  {what: 'the database is dropped by force', at: /DROP DATABASE/, args: ['drop', '--force']},
  {what: 'a setup takes its lock', at: /pg_try_advisory_lock/, args: SETUP},
  {what: 'a setup creates its database', at: /CREATE DATABASE/, args: SETUP},
  {what: 'a setup loads the schema', at: /CREATE TABLE/, args: SETUP},
  {what: 'a setup swaps', at: /RENAME TO/, args: SETUP},
  {
    what: 'a setup is about to end sessions',
    at: /pg_terminate_backend/,
    args: [...SETUP, '--force'],
  },
  {
    what: 'a setup drops the old database',
    at: /DROP DATABASE/,
    // The DROP is sent behind the swap, without waiting for its answer.
    said: '✔ swap',
    args: SETUP,
  },
  {what: 'a file is loaded', at: /CREATE TABLE/, args: ['schema-load', '--schema-file', 's.sql']},
  {what: 'a file is committed', at: /COMMIT/, args: ['seed', '--seed-file', 's.sql']},
  {what: 'sessions are listed', at: /pg_stat_activity/, args: ['sessions']},
  {what: 'sessions are ended', at: /pg_terminate_backend/, args: ['sessions', '--terminate', '1']},
]

interface Scene extends Interrupted {
  database: string
  /** Databases beside the old one. */
  beside: string[]
  /** What the old one holds. */
  rows: unknown
}

/**
 * Runs the program to the moment at which the network goes dead, and sends it the signal there.
 *
 * @param again milliseconds until a second signal
 */
async function interruptAt(
  {at, args, said = '', signal}: Pick<Moment, 'at' | 'args' | 'said'> & {signal: NodeJS.Signals},
  {onTestFinished}: TestContext,
  again?: number,
): Promise<Scene> {
  const stage = await openStage(folder)
  onTestFinished(() => stage.close())
  const {database} = stage
  const url = new URL(stage.url)
  const relay = await openRelay({host: url.hostname, port: Number(url.port)})
  const tap = await openTap(`postgres://127.0.0.1:${relay.port}`)
  onTestFinished(() => {
    relay.close()
    tap.close()
  })
  url.port = String(tap.port)
  const run = stage.start(...args, '--url', url.href)
  await tap.at(at, async () => {
    await until(
      () => stage.output().includes(said),
      () => `${said}; the program said:\n${stage.output()}`,
    )
    relay.freeze('frozen')
  })
  const seen = await interrupt(run, signal, again === undefined ? {} : {again})
  expect(leaks(stage.output())).toEqual([])
  const names = await query<{datname: string}>(
    `SELECT datname FROM pg_database WHERE starts_with(datname, '${database}.')`,
  )
  const rows = await query('SELECT * FROM old ORDER BY n', database).catch(() => undefined)
  return {...seen, database, beside: names.map(({datname}) => datname), rows}
}

const OLD = [{n: 1, t: 'a'}]

test.concurrent.for(inTurn(DEAD))(
  'on a dead network $signal ends at once when $what',
  async ({exit, ...moment}, context) => {
    const {beside, rows, seconds, ...seen} = await interruptAt(moment, context)
    expect(seconds).toBeLessThan(AT_ONCE)
    // Once they are swapped, all is done but the removal of the old one.
    const swapped = beside.some((name) => name.includes('.old-'))
    expect(seen.exit).toBe(swapped ? 0 : exit)
    for (const name of beside)
      expect(seen.stderr).toContain(
        `"${name}" could not be removed (it takes long); the next setup will`,
      )
    if (swapped) return
    expect(seen.stderr).toMatch(/\nError: interrupted( \(.*\))?\n$/)
    expect(rows).toEqual(OLD)
  },
)

test.concurrent.for(inTurn(DEAD.filter(({args}) => args[0] === 'setup')))(
  'on a dead network a second $signal does not wait for the tidying up when $what',
  async ({exit, ...moment}, context) => {
    const seen = await interruptAt(moment, context, 200)
    expect(seen.exit).toBe(exit)
    expect(seen.seconds).toBeLessThan(1)
  },
)

test('where it is not known whether a swap took place, that is said', async (context) => {
  const moment = {at: /RENAME TO/, args: SETUP, signal: 'SIGINT'} as const
  const {database, stderr} = await interruptAt(moment, context)
  expect(stderr).toContain(
    `while the new database became "${database}", and the server does not say whether it did`,
  )
})
