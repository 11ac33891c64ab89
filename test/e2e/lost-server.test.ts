import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, inject, test} from 'vitest'
import {type MortalServer, openMortalServer} from '../support/mortal-server.js'
import {openRelay, type Relay} from '../support/relay.js'
import {leaks, lostConnection, openStage, type Run, type Stage} from '../support/stage.js'

let folder: string
const stages: Stage[] = []
const relays: Relay[] = []

/** Two megabytes are on their way, and then a statement that lasts. */
const MIDDLE = `CREATE TABLE made (t text);
INSERT INTO made VALUES ('${'x'.repeat(2_000_000)}');
SELECT pg_sleep(600);
INSERT INTO old VALUES (3, 'c');
`

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-lost-'))
  writeFileSync(join(folder, 'nap.sql'), MIDDLE)
})
afterAll(async () => {
  for (const stage of stages) {
    await stage.close()
    expect(leaks(stage.output())).toEqual([])
  }
  for (const relay of relays) relay.close()
  rmSync(folder, {recursive: true, force: true})
})

async function stageAt(url: string): Promise<{stage: Stage; before: unknown}> {
  const stage = await openStage(folder, url)
  stages.push(stage)
  return {stage, before: await stage.state()}
}

/** A stage on the test server, with a network between it and the program. */
async function behindRelay(): Promise<{stage: Stage; before: unknown; relay: Relay}> {
  const url = new URL(inject('serverUrl'))
  const relay = await openRelay({host: url.hostname, port: Number(url.port || 5432)})
  relays.push(relay)
  url.host = `127.0.0.1:${relay.port}`
  return {relay, ...(await stageAt(url.href))}
}

const DATABASES = `SELECT FROM pg_database WHERE starts_with(datname, current_database())`

const COMMANDS = [['schema-load'], ['setup']] as const

/** Starts a command and waits until it is in the middle of its file. */
async function inTheMiddle(stage: Stage, [command]: readonly [string]): Promise<Run> {
  const run = stage.start(command, '--schema-file', 'nap.sql')
  run.child.stdin?.end()
  await stage.session("wait_event = 'PgSleep'")
  return run
}

/** All that stderr holds, but for the steps of a setup. */
const withoutSteps = (stderr: string): string => stderr.replaceAll(/^[✔✖] .*\n/gm, '')

/** The same, with what the watch found out as the reason. */
const silence = (stage: Stage, how: string): RegExp =>
  lostConnection(stage, `no answer for \\d+ s, ${how}`)

describe.each(COMMANDS)('a %s whose connections are reset in the middle', (command) => {
  test('fails with 3, and the database is as it was', async () => {
    const {before, relay, stage} = await behindRelay()
    const {result} = await inTheMiddle(stage, [command])
    relay.cut()
    const {code, stdout, stderr} = await result
    expect([code, stdout]).toEqual([3, ''])
    expect(withoutSteps(stderr)).toMatch(lostConnection(stage))
    await stage.noSession()
    expect(await stage.state()).toEqual(before)
  })
})

describe('a server of its own', () => {
  let server: MortalServer
  beforeAll(async () => {
    server = await openMortalServer()
  })
  afterAll(async () => {
    server.thaw()
    for (const stage of stages.splice(0)) await stage.close()
    await server.close()
  })

  test('that is stopped at once in the middle of a setup: 3, and the old database is as it was', async () => {
    const {before, stage} = await stageAt(server.url())
    const {result} = await inTheMiddle(stage, ['setup'])
    server.kill('SIGQUIT')
    expect(await result).toMatchObject({code: 3, stdout: ''})
    await server.start()
    expect(await stage.query('SELECT * FROM old')).toEqual((before as {rows: unknown}).rows)
    // What the setup could not remove without a server is left to the next one.
    expect(await stage.run(['setup'])).toMatchObject({code: 0})
    expect(await stage.query(DATABASES)).toHaveLength(1)
  })

  test.each(COMMANDS)(
    'that hangs in the middle of a %s: Ctrl-C ends it within 2 s',
    async (command) => {
      const {before, stage} = await stageAt(server.url())
      const {child, result} = await inTheMiddle(stage, [command])
      await server.freeze()
      const began = Date.now()
      child.kill('SIGINT')
      const {code} = await result
      const elapsed = Date.now() - began
      server.thaw()
      expect(code).toBe(130)
      expect(elapsed).toBeLessThan(2000)
      await stage.noSession()
      expect(await stage.state()).toMatchObject({rows: (before as {rows: unknown}).rows})
    },
  )

  // The real times of the watch: 10 s of quiet, and 30 s without a sign of life.
  describe.concurrent('without a word', () => {
    test('that hangs in the middle of a file: 3 after 40 s, and the database is as it was', async () => {
      const {before, stage} = await stageAt(server.url())
      const {result} = await inTheMiddle(stage, ['schema-load'])
      await server.freeze()
      const {code, stdout, stderr} = await result
      server.thaw()
      expect([code, stdout]).toEqual([3, ''])
      expect(stderr).toMatch(silence(stage, 'on a new connection neither'))
      await stage.noSession()
      expect(await stage.state()).toEqual(before)
    }, 60_000)

    test('that nothing reaches any more: 3 after 40 s, and the database is as it was', async () => {
      const {before, relay, stage} = await behindRelay()
      const {result} = await inTheMiddle(stage, ['schema-load'])
      relay.freeze('frozen')
      const {code, stdout, stderr} = await result
      expect([code, stdout]).toEqual([3, ''])
      expect(stderr).toMatch(silence(stage, 'on a new connection neither'))
      relay.mend()
      await stage.noSession()
      expect(await stage.state()).toEqual(before)
    }, 60_000)
  })
})
