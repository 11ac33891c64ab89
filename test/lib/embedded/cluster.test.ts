import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {clusterMajor, createCluster} from '../../../src/lib/embedded/cluster.js'
import {startServer} from '../../../src/lib/embedded/server.js'
import {serverUser} from './support.js'

let folder: string

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'cruddur-cluster-')))
  chmodSync(folder, 0o755)
})
afterEach(() => rmSync(folder, {recursive: true, force: true}))

test('a data folder with other things in it is left alone', async () => {
  mkdirSync(join(folder, 'data'))
  writeFileSync(join(folder, 'data', 'thesis.txt'), '')
  await expect(startServer(folder)).rejects.toMatchObject({
    code: 'EMBEDDED_DATA_INVALID',
    message: `${join(folder, 'data')} holds files, but no PostgreSQL database cluster`,
  })
})

test('an empty data folder holds no cluster yet', async () => {
  mkdirSync(join(folder, 'data'))
  expect(await clusterMajor(join(folder, 'data'))).toBeUndefined()
})

describe.runIf(process.platform !== 'win32')('programs that do not work', () => {
  async function create(initdb: string, mode = 0o755, signal?: AbortSignal): Promise<unknown> {
    const binaries = {folder: join(folder, 'programs'), version: '18.4'}
    mkdirSync(join(binaries.folder, 'bin'), {recursive: true})
    writeFileSync(join(binaries.folder, 'bin', 'initdb'), initdb)
    chmodSync(join(binaries.folder, 'bin', 'initdb'), mode)
    const {uid, gid} = serverUser(folder)
    const account = uid === undefined || gid === undefined ? undefined : {uid, gid}
    return await createCluster({home: folder, account}, binaries, {signal}).catch(
      (error: unknown) => error,
    )
  }

  test.each([
    ['made for another C library', '#!/lib/ld-of-another-libc.so.1\n', 0o755, /glibc.*\(ENOENT\)$/],
    [
      'on a disk that does not allow any',
      '#!/bin/sh\n',
      0o644,
      /does not allow programs.*\(EACCES\)$/,
    ],
  ])('%s', async (_, initdb, mode, message) => {
    expect(await create(initdb, mode)).toMatchObject({
      code: 'EMBEDDED_CANNOT_RUN',
      exit: 2,
      message: expect.stringMatching(message),
    })
  })

  test('and an initdb that fails show its last lines and leave nothing', async () => {
    expect(
      await create('#!/bin/sh\nfor n in 1 2 3 4 5 6 7 8; do echo line $n; done; exit 3\n'),
    ).toMatchObject({
      code: 'EMBEDDED_INITDB_FAILED',
      exit: 1,
      message: "PostgreSQL's initdb failed (3)",
      excerpt: 'line 3\nline 4\nline 5\nline 6\nline 7\nline 8',
    })
    expect(
      readdirSync(folder).filter((name) => name === 'data' || name.startsWith('.tmp-')),
    ).toEqual([])
  })

  test('are ended when the start is interrupted, and leave nothing', async () => {
    const signal = AbortSignal.timeout(300)
    expect(await create('#!/bin/sh\nexec sleep 60\n', 0o755, signal)).toBe(signal.reason)
    expect(
      readdirSync(folder).filter((name) => name === 'data' || name.startsWith('.tmp-')),
    ).toEqual([])
  })

  test('and a full disk are told apart', async () => {
    expect(
      await create(
        '#!/bin/sh\necho "initdb: error: could not write: No space left on device" >&2; exit 1\n',
      ),
    ).toMatchObject({
      code: 'EMBEDDED_DISK_FULL',
      message: `no space is left on the disk of ${folder}`,
    })
  })
})
