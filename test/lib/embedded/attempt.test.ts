import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {launch, startFailed} from '../../../src/lib/embedded/launch.js'

let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'cruddur-attempt-'))
  mkdirSync(join(home, 'data'))
})
afterEach(() => {
  const pidFile = join(home, 'data', 'postmaster.pid')
  if (existsSync(pidFile)) process.kill(Number.parseInt(readFileSync(pidFile, 'utf8'), 10))
  rmSync(home, {recursive: true, force: true})
})

/** Starts a script in PostgreSQL's place; `status WORD` writes its pid file. */
function launchScript(
  script: string,
  options: {deadline?: number; signal?: AbortSignal} = {},
): ReturnType<typeof launch> {
  mkdirSync(join(home, 'bin'))
  const status = `status() { printf '%s\\n\\n\\n1\\n\\n\\n\\n%s\\n' $$ "$1" >"$data/new"; mv "$data/new" "$data/postmaster.pid"; }`
  writeFileSync(join(home, 'bin', 'postgres'), `#!/bin/sh\ndata=$2\n${status}\n${script}\n`, {
    mode: 0o755,
  })
  return launch({
    place: {home, account: undefined},
    binaries: {folder: home, version: '18.4'},
    port: 1,
    deadline: Date.now() + 10_000,
    ...options,
  })
}

describe.skipIf(process.platform === 'win32')('an attempt to start', () => {
  test('is over when the server says that it is ready, not before', async () => {
    const {kind} = await launchScript(
      'status starting; sleep 0.3; touch "$data/done"; status ready; exec sleep 60',
    )
    expect(kind).toBe('ready')
    expect(existsSync(join(home, 'data', 'done'))).toBe(true)
  })

  test('is given up at the deadline, and the server left to itself', async () => {
    const attempt = launchScript('status starting; exec sleep 60', {deadline: Date.now() + 300})
    await expect(attempt).rejects.toMatchObject({code: 'EMBEDDED_START_TIMEOUT', exit: 1})
  })

  test('is not waited for any longer when it is interrupted', async () => {
    const signal = AbortSignal.timeout(300)
    const attempt = launchScript('status starting; exec sleep 60', {signal})
    await expect(attempt).rejects.toMatchObject({name: 'AbortError'})
  })

  test.each([
    ['port-taken', 'could not bind IPv4 address "127.0.0.1": Address already in use'],
    ['locked', 'lock file "postmaster.pid" already exists'],
    ['locked', 'lock file "postmaster.pid" is empty'],
    ['orphans', 'pre-existing shared memory block (key 1, ID 2) is still in use'],
    ['failed', 'could not load the library "x"'],
  ])('%s is what %s means', async (kind, line) => {
    expect(await launchScript(`echo '${line}' >&2; exit 1`)).toEqual({kind, lines: [line]})
  })
})

test('a failed start shows the last lines of the log', () => {
  const lines = Array.from({length: 10}, (_, at) => `line ${at + 1}`)
  expect(startFailed(home, {kind: 'failed', lines})).toMatchObject({
    code: 'EMBEDDED_START_FAILED',
    excerpt: lines.slice(2).join('\n'),
  })
})

test('a start that failed for want of space says so', () => {
  const lines = ['FATAL: could not write lock file: No space left on device']
  expect(startFailed(home, {kind: 'failed', lines})).toMatchObject({
    code: 'EMBEDDED_DISK_FULL',
    excerpt: lines[0],
  })
})
