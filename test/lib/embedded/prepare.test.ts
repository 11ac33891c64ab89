import {
  chmodSync,
  chownSync,
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
import {blockingFolder, serverAccount} from '../../../src/lib/embedded/account.js'
import {prepareHome} from '../../../src/lib/embedded/prepare.js'
import {runningServer, startServer, stopServer} from '../../../src/lib/embedded/server.js'
import {
  ask,
  asRoot,
  canStartAsOther,
  homeForTest,
  other,
  preferOwnPort,
  removeHome,
  spawnStarter,
} from './support.js'

let folder: string

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'cruddur-prepare-')))
})
afterEach(() => rmSync(folder, {recursive: true, force: true}))

describe('a home that cannot be used is refused with the cure', () => {
  const hint = 'set CRUDDUR_DB_HOME to another folder, one that this user can write in'

  test('a file', async () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    await expect(startServer(file)).rejects.toMatchObject({
      code: 'EMBEDDED_HOME_INVALID',
      exit: 2,
      message: `${file} is not a folder, or has a file on its path`,
      details: {hint},
    })
  })

  test.runIf(process.platform !== 'win32').each([
    ['a$(touch b)', '$'],
    ['a`touch b`', '`'],
    ['a"b', '\\"'],
    ['a\\b', '\\\\'],
    ['a\nb', '\\n'],
    ['a\rb', '\\r'],
  ])('a path that would reach a shell or break a line: %j', async (name, shown) => {
    const home = join(folder, name)
    await expect(startServer(home)).rejects.toMatchObject({
      code: 'EMBEDDED_HOME_INVALID',
      message: `PostgreSQL cannot run in a folder with ${shown} in its path: ${home}`,
    })
    expect(readdirSync(folder)).toEqual([])
  })

  test.runIf(process.platform !== 'win32')('a link to such a path', async () => {
    mkdirSync(join(folder, 'a$(touch b)'))
    symlinkSync('a$(touch b)', join(folder, 'link'))
    await expect(startServer(join(folder, 'link'))).rejects.toMatchObject({
      code: 'EMBEDDED_HOME_INVALID',
      message: expect.stringContaining('with $ in its path'),
    })
  })

  test.each(['x', 'é'])('a path too long for PostgreSQL, of many «%s»', async (letter) => {
    const count = 900 / Buffer.byteLength(letter) / 9
    const home = join(folder, ...Array.from({length: 9}, () => letter.repeat(count)))
    await expect(startServer(home)).rejects.toMatchObject({code: 'EMBEDDED_HOME_INVALID', exit: 2})
    expect(readdirSync(folder)).toEqual([])
  })

  test.runIf(asRoot)(
    'a folder behind one the server may not enter, whose rights stay as they are',
    async () => {
      const home = join(folder, 'db')
      const error = await startServer(home).catch((reason: unknown) => reason)
      expect(error).toMatchObject({code: 'EMBEDDED_HOME_NOT_ENTERABLE', exit: 2, details: {hint}})
      expect(String(error)).toContain(`may not enter ${folder}`)
      expect(statSync(folder).mode & 0o777).toBe(0o700)
      chmodSync(home, 0o700)
      await expect(startServer(home)).rejects.toMatchObject({code: 'EMBEDDED_HOME_NOT_ENTERABLE'})
      expect(statSync(home).mode & 0o777).toBe(0o700)
    },
  )

  test.runIf(asRoot)(
    'a closed folder with things of its own, whose rights stay as they are',
    async () => {
      const home = join(folder, 'db')
      chmodSync(folder, 0o755)
      mkdirSync(home, {mode: 0o700})
      writeFileSync(join(home, 'diary.txt'), '')
      await expect(startServer(home)).rejects.toMatchObject({code: 'EMBEDDED_HOME_NOT_ENTERABLE'})
      expect(statSync(home).mode & 0o777).toBe(0o700)
    },
  )

  test.runIf(canStartAsOther)('a folder that belongs to somebody else', async () => {
    chmodSync(folder, 0o755)
    const {error} = await spawnStarter(join(folder, 'db'), {user: other}).ended
    expect(error).toEqual({
      code: 'EMBEDDED_HOME_DENIED',
      message: `CruddurError: no permission to use ${join(folder, 'db')} (EACCES)`,
    })
  })
})

test('a link to a home is followed: the server lives where it leads', async () => {
  chmodSync(folder, 0o755)
  mkdirSync(join(folder, 'home'), {mode: 0o755})
  symlinkSync('home', join(folder, 'link'))
  expect((await prepareHome(join(folder, 'link'))).home).toBe(join(folder, 'home'))
})

test('a path with blanks, quotes and other letters is fine', async () => {
  chmodSync(folder, 0o755)
  const home = join(folder, "it's a höme & more; 100% #1")
  mkdirSync(home)
  preferOwnPort(home)
  try {
    const {port} = await startServer(home)
    expect(await ask(port, 'SELECT 1 AS one')).toEqual([{one: 1}])
    expect(await runningServer(home)).toMatchObject({port})
  } finally {
    await stopServer(home)
  }
})

describe.runIf(asRoot)('as root', () => {
  test('the server runs under a user that owns nothing but the data and the log', async () => {
    const home = homeForTest()
    const {pid, dataDir} = await startServer(home)
    expect(statSync(`/proc/${pid}`).uid).toBe(statSync(dataDir).uid)
    const owned = readdirSync(home).filter((name) => statSync(join(home, name)).uid !== 0)
    expect(owned).toEqual(['data', 'server.log'])
    expect(statSync(dataDir).mode & 0o777).toBe(0o700)
    expect(statSync(home).uid).toBe(0)
  })

  test('in the home of a user everything becomes that user', async () => {
    chownSync(folder, other.uid, other.gid)
    const {account} = await prepareHome(join(folder, '.local', 'share', 'cruddur-db'))
    expect(account).toEqual(other)
    expect(statSync(join(folder, '.local', 'share', 'cruddur-db')).uid).toBe(other.uid)
  })

  test.each([
    [0, 0, '711', true],
    [0, 0, '770', false],
    [0, other.gid, '710', true],
    [0, other.gid, '701', false],
    [other.uid, other.gid, '100', true],
    [other.uid, other.gid, '077', false],
  ])('a folder of %i:%i with mode %s: the server may enter: %s', (uid, gid, mode, may) => {
    chownSync(folder, uid, gid)
    chmodSync(folder, mode)
    expect(blockingFolder(folder, () => other)).toBe(may ? undefined : folder)
  })

  test('the owner of the home is passed over when it has no name, which initdb asks for', () => {
    chmodSync(folder, 0o755)
    chownSync(folder, 54_321, 54_321)
    expect(serverAccount(folder).uid).not.toBe(54_321)
  })

  test('folders that are missing are made root’s own and passable, also by several at once', async () => {
    chmodSync(folder, 0o755)
    const home = join(folder, 'a', 'b')
    await Promise.all([1, 2, 3].map(() => prepareHome(home)))
    for (const made of [join(folder, 'a'), home])
      expect(statSync(made)).toMatchObject({uid: 0, mode: 0o40755})
  })

  test('a home that a user keeps closed stays closed', async () => {
    chownSync(folder, other.uid, other.gid)
    expect((await prepareHome(folder)).account).toEqual(other)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
  })

  test('the owner of data that is there already goes on with it', async () => {
    chmodSync(folder, 0o755)
    mkdirSync(join(folder, 'data'))
    chownSync(join(folder, 'data'), other.uid, other.gid)
    expect((await prepareHome(folder)).account).toEqual(other)
  })
})

test.runIf(canStartAsOther)('as another user the server is that user’s own', async () => {
  const home = homeForTest()
  chownSync(home, other.uid, other.gid)
  const {server} = await spawnStarter(home, {user: other}).ended
  expect(server?.started).toBe(true)
  expect(statSync(`/proc/${server?.pid}`).uid).toBe(other.uid)
  expect(
    readdirSync(home).filter(
      (name) => name !== 'port' && statSync(join(home, name)).uid !== other.uid,
    ),
  ).toEqual([])
  await removeHome(home)
})
