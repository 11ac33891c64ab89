import {execFileSync} from 'node:child_process'
import {
  createReadStream,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {writeBigFiles} from '../support/big-files.js'
import {closeGate, type Gate} from '../support/gate.js'
import {leaks, openStage, type Run, type Stage} from '../support/stage.js'
import {until} from '../support/wait.js'

let folder: string
let stage: Stage
let before: unknown

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-interrupts-'))
  writeBigFiles(folder)
  writeFileSync(join(folder, 'nap.sql'), 'CREATE TABLE made (n int);\nSELECT pg_sleep(600);\n')
  writeFileSync(join(folder, 'many.sql'), '\\ir inserts.sql\n'.repeat(1000))
  execFileSync('mkfifo', [join(folder, 'fifo')])
})
afterAll(() => rmSync(folder, {recursive: true, force: true}))

beforeEach(async () => {
  stage = await openStage(folder)
  before = await stage.state()
})
afterEach(async () => {
  await stage.close()
  expect(leaks(stage.output())).toEqual([])
})

const asBefore = async (): Promise<void> => {
  await stage.noSession()
  expect(await stage.state()).toEqual(before)
}

interface Moment {
  run: Run
  after?: () => Promise<void>
}

const atGate = async (file: string, reached: (gate: Gate) => Promise<void>): Promise<Moment> => {
  const gate = await closeGate(stage.url)
  const run = stage.start('seed', '--seed-file', file)
  await reached(gate)
  return {run, after: gate.open}
}

const ready = async (run: Run): Promise<void> => {
  let said = ''
  run.child.stderr?.on('data', (text) => {
    said += text
  })
  await until(
    () => said === stage.targetLine,
    () => `the target line in:\n${said}`,
  )
}

/** Feeds standard input the first 20 MB of a COPY: more than is held before it runs. */
const copyFromInput = async (command: string, ...args: string[]): Promise<Moment> => {
  const run = stage.start(command, ...args)
  const {stdin} = run.child
  if (!stdin) throw new Error('standard input is a pipe')
  createReadStream(join(folder, 'copy.sql'), {end: 20_000_000}).pipe(stdin, {end: false})
  await stage.session(
    'pid IN (SELECT pid FROM pg_stat_progress_copy WHERE tuples_processed > 100000)',
  )
  return {run}
}

const openFiles = (run: Run): string[] => {
  const fds = `/proc/${run.child.pid}/fd`
  return readdirSync(fds).map((fd) => {
    try {
      return readlinkSync(join(fds, fd))
    } catch {
      return ''
    }
  })
}

const MOMENTS: Record<string, () => Promise<Moment>> = {
  'a long statement runs': async () => {
    const run = stage.start('seed', '--seed-file', 'nap.sql')
    await stage.session("wait_event = 'PgSleep'")
    return {run}
  },
  'a COPY runs': () => atGate('copy.sql', (gate) => gate.reached()),
  'a batch of INSERTs runs': () =>
    atGate('inserts.sql', () =>
      stage.session("state = 'active' AND query LIKE 'INSERT%' AND backend_xid IS NOT NULL"),
    ),
  'standard input is silent': async () => {
    const run = stage.start('seed', '--seed-file', '-')
    await ready(run)
    return {run}
  },
  'standard input is silent in the middle of a COPY': () =>
    copyFromInput('seed', '--seed-file', '-'),
  'standard input is silent in the middle of a COPY of a setup': () =>
    copyFromInput('setup', '--schema-file', '-'),
  'a named pipe has no writer': async () => {
    const run = stage.start('seed', '--seed-file', 'fifo')
    await ready(run)
    return {run}
  },
}

if (process.platform === 'linux') {
  MOMENTS['a large file is checked'] = async () => {
    const run = stage.start('seed', '--seed-file', 'many.sql')
    await until(
      () => openFiles(run).includes(join(folder, 'inserts.sql')),
      () => 'inserts.sql to be read',
    )
    return {run}
  }
}

const SETUP_STEPS = /✔ create \d+ ms\n✖ schema\n/

const interrupted = async (
  moment: () => Promise<Moment>,
  signal: NodeJS.Signals,
): Promise<{code: number | null; stdout: string; stderr: string; seconds: number}> => {
  const {run, after} = await moment()
  const started = performance.now()
  run.child.kill(signal)
  const result = await run.result
  const seconds = (performance.now() - started) / 1000
  await after?.()
  return {...result, seconds}
}

describe.each([
  ['Ctrl-C', 'SIGINT', 130],
  ['SIGTERM', 'SIGTERM', 143],
] as const)('%s', (_, signal, exit) => {
  test.each(Object.entries(MOMENTS))(
    'while %s ends it at once, nothing is kept, and no session is left',
    async (_, moment) => {
      const {code, stdout, stderr, seconds} = await interrupted(moment, signal)
      expect([code, stdout]).toEqual([exit, ''])
      expect(stderr.replace(SETUP_STEPS, '')).toBe(`${stage.targetLine}Error: interrupted\n`)
      // The promise is one second; a busy machine gets another.
      expect(seconds).toBeLessThan(2)
      await asBefore()
    },
  )
})
