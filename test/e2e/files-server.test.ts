import {execFileSync, spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync, statfsSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {embeddedUrl, startServer, stopServer} from '../../src/lib/embedded/server.js'
import {writeBigFiles} from '../support/big-files.js'
import {closeGate} from '../support/gate.js'
import {runProgram} from '../support/program.js'
import {leaks, lostConnection, openStage, type Stage} from '../support/stage.js'
import {until} from '../support/wait.js'

const folderFor = (what: string): string => mkdtempSync(join(tmpdir(), `cruddur-db-${what}-`))

let folder: string
let stage: Stage
let before: unknown

beforeAll(() => {
  folder = folderFor('files')
  writeBigFiles(folder)
  writeFileSync(join(folder, 'nap.sql'), 'CREATE TABLE made (n int);\nSELECT pg_sleep(600);\n')
})
afterAll(() => rmSync(folder, {recursive: true, force: true}))

const stageOn = async (server: {port: number}): Promise<void> => {
  stage = await openStage(folder, embeddedUrl(server, 'postgres'))
  before = await stage.state()
}
const closeStage = async (): Promise<void> => {
  await stage.close()
  expect(leaks(stage.output())).toEqual([])
}

describe('a server that goes while a large file is loaded', () => {
  const home = folderFor('home')
  let pid: number
  beforeEach(async () => {
    const server = await startServer(home)
    pid = server.pid
    await stageOn(server)
  })
  afterEach(closeStage)
  afterAll(async () => {
    await stopServer(home)
    rmSync(home, {recursive: true, force: true})
  })

  const stop = async (): Promise<void> => {
    const {code} = await runProgram(['server', 'stop'], {env: {CRUDDUR_DB_HOME: home}})
    expect(code).toBe(0)
  }
  const kill = (signal: NodeJS.Signals) => async (): Promise<void> => {
    process.kill(pid, signal)
  }

  test.each([
    ['is stopped', stop, 'inserts.sql'],
    ['is stopped at once', kill('SIGQUIT'), 'copy.sql'],
    ['is killed', kill('SIGKILL'), 'inserts.sql'],
  ])('because it %s: exit 3, and the database is as it was', async (_, end, file) => {
    const gate = await closeGate(stage.url)
    const {result} = stage.start('seed', '--seed-file', file)
    await gate.reached()
    await end()
    const {code, stdout, stderr} = await result
    expect([code, stdout]).toEqual([3, ''])
    expect(stderr).toMatch(lostConnection(stage))
    await stopServer(home)
    await startServer(home)
    expect(await stage.state()).toEqual(before)
  })

  test('in a setup: the old database is as it was, and the next setup removes what is left', async () => {
    const {result} = stage.start('setup', '--schema-file', 'nap.sql', '--json')
    await stage.session("wait_event = 'PgSleep'")
    await stop()
    const {code, stdout, stderr} = await result
    expect([code, JSON.parse(stdout).error.code]).toEqual([3, 'CONNECTION_LOST'])
    const [, left] =
      /^("\S+") could not be removed \(.+\); the next setup will$/m.exec(stderr) ?? []
    await startServer(home)
    expect(await stage.query('SELECT * FROM old')).toEqual([{n: 1, t: 'a'}])
    const databases = `SELECT datname FROM pg_database WHERE starts_with(datname, '${stage.database}')`
    const next = await stage.run(['setup', '--json'])
    expect([next.code, next.stderr]).toEqual([
      0,
      expect.stringContaining(`removed ${left}, left by an unfinished setup\n`),
    ])
    expect(await stage.query(databases)).toEqual([{datname: stage.database}])
  })
})

describe('a disk that is full', () => {
  const disk = folderFor('disk')
  const wal = folderFor('wal')
  const ballast = join(disk, 'ballast')
  let mounted = false

  beforeAll(() => {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) return
    const mount = ['-t', 'tmpfs', '-o', 'size=200m', 'tmpfs', disk]
    mounted = spawnSync('mount', mount).status === 0
  })
  beforeEach(({skip}) => skip(!mounted, 'this user may not mount a small disk'))
  afterEach(async () => {
    rmSync(ballast, {force: true})
    if (mounted) await closeStage()
  })
  afterAll(async () => {
    if (mounted) {
      await stopServer(disk)
      execFileSync('umount', ['--lazy', disk])
    }
    for (const each of [disk, wal]) rmSync(each, {recursive: true})
  })

  /** Leaves less room than the large files take. */
  const fill = (): void => {
    const {bavail, bsize} = statfsSync(disk)
    writeFileSync(ballast, Buffer.alloc(bavail * bsize - 20_000_000))
  }
  const isUp = (): Promise<boolean> =>
    startServer(disk).then(
      () => true,
      () => false,
    )

  test('of the server’s log: it goes down, and with room again the database is as it was', async () => {
    await stageOn(await startServer(disk))
    fill()
    const {code, stdout, stderr} = await stage.run(['seed', '--seed-file', 'copy.sql'])
    expect([code, stdout]).toEqual([3, ''])
    expect(stderr).toMatch(
      lostConnection(
        stage,
        'could not write to file "pg_wal/xlogtemp.\\d+": No space left on device',
      ),
    )
    rmSync(ballast)
    await until(isUp, () => 'the server to recover')
    expect(await stage.state()).toEqual(before)
  })

  test('of the tables: the cause is named, and the database is as it was', async () => {
    await startServer(disk)
    await stopServer(disk)
    moveLog()
    await stageOn(await startServer(disk))
    fill()
    const full = (steps: string, file: string): RegExp =>
      new RegExp(
        `^${stage.targetLine}${steps}Error: ${file}:\\d+:1: could not extend file "base/\\d+/\\d+".*: No space left on device\n.+\n +\\| \\^\n  → Check free disk space.\n  SQLSTATE 53100\n$`,
      )
    for (const [steps, file, ...args] of [
      ['', 'copy.sql', 'seed', '--seed-file'],
      ['', 'inserts.sql', 'seed', '--seed-file'],
      ['✔ create \\d+ ms\n✖ schema\n', 'copy.sql', 'setup', '--schema-file'],
    ] as const) {
      const {code, stdout, stderr} = await stage.run([...args, file])
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toMatch(full(steps, file))
      expect(await stage.state()).toEqual(before)
    }
  })

  /** Where there is room for it, the server survives. */
  function moveLog(): void {
    execFileSync('mv', [join(disk, 'data', 'pg_wal'), wal])
    execFileSync('chmod', ['a+rx', wal])
    symlinkSync(join(wal, 'pg_wal'), join(disk, 'data', 'pg_wal'))
  }
})
