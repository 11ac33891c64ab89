import {spawnSync} from 'node:child_process'
import {appendFile, chmod, mkdir, rename, symlink, utimes, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {CruddurError} from '../../../src/lib/error.js'
import {openSqlFile} from '../../../src/lib/sql/file.js'
import {readScript} from '../../../src/lib/sql/script.js'
import {dropDatabases, freshName, query} from '../../support/postgres.js'
import {
  errorOf,
  load,
  placeOf,
  scriptOf,
  statementsOf,
  tablesOf,
  testFolder,
  withFolder,
  writeFiles,
} from './support.js'

const OPTIONS = {transaction: true, database: 'x'}

describe('the path shown', () => {
  test('is relative below the working directory, absolute elsewhere', async () => {
    await withFolder(async (folder) => {
      await mkdir(join(folder, 'db'))
      await mkdir(join(folder, '..x'))
      for (const name of ['db/a.sql', '..x/a.sql']) {
        await writeFile(join(folder, name), '')
        const {path} = await openSqlFile(join(folder, name), {cwd: folder})
        expect(path).toBe(name)
      }
      const above = await openSqlFile('../db/a.sql', {cwd: join(folder, '..x')})
      expect(above.path).toBe(join(folder, 'db', 'a.sql'))
    })
  })
})

describe('what cannot be read (exit 2)', () => {
  test('a missing file', async () => {
    await withFolder(async (folder) => {
      const error = await errorOf(() => openSqlFile('db/nope.sql', {cwd: folder}))
      expect(error).toMatchObject({
        code: 'FILE_NOT_FOUND',
        exit: 2,
        message: 'there is no file db/nope.sql',
        details: {hint: `check the path, taken from ${folder}`},
      })
    })
  })

  test('a file below another file', async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'a.sql'), '')
      const error = await errorOf(() => openSqlFile('a.sql/b.sql', {cwd: folder}))
      expect(error).toMatchObject({code: 'FILE_NOT_FOUND', exit: 2})
    })
  })

  test('a folder, the working directory and the one above it too', async () => {
    await withFolder(async (folder) => {
      const deep = join(folder, 'db')
      await mkdir(deep)
      for (const [path, cwd, shown] of [
        ['db', folder, 'db'],
        ['.', deep, deep],
        ['..', deep, folder],
      ] as const) {
        const error = await errorOf(() => openSqlFile(path, {cwd}))
        expect(error).toMatchObject({
          code: 'FILE_UNREADABLE',
          exit: 2,
          message: `${shown} is a folder`,
        })
      }
    })
  })

  test.skipIf(process.getuid?.() === 0)('a file without the right to read it', async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'a.sql'), '')
      await chmod(join(folder, 'a.sql'), 0)
      const error = await errorOf(() => openSqlFile('a.sql', {cwd: folder}))
      expect(error).toMatchObject({code: 'FILE_UNREADABLE', exit: 2})
    })
  })
})

test('a file is known again by whatever name, and has its size and its folder', async () => {
  const cwd = await testFolder()
  await writeFiles(cwd, {'db/a.sql': 'SELECT 1;', 'b.sql': ''})
  await symlink(join(cwd, 'db/a.sql'), join(cwd, 'link.sql'))
  const file = await openSqlFile('db/a.sql', {cwd})
  expect(file).toMatchObject({path: 'db/a.sql', folder: join(cwd, 'db'), size: 9})
  const others = ['./db/../db/a.sql', 'link.sql', 'b.sql'].map((path) => openSqlFile(path, {cwd}))
  const ids = (await Promise.all(others)).map(({id}) => id === file.id)
  expect(ids).toEqual([true, true, false])
})

test('how much of a file was read is told, of a packed one as it is on disk', async () => {
  const cwd = await testFolder()
  const text = 'SELECT 1;\n'.repeat(100_000)
  await writeFiles(cwd, {'a.sql': text, 'a.sql.gz': gzipSync(text)})
  for (const name of ['a.sql', 'a.sql.gz']) {
    const file = await openSqlFile(name, {cwd})
    let told = 0
    for await (const _ of file.read((bytes) => (told += bytes)));
    expect(told).toBe(file.size)
  }
})

describe.skipIf(process.platform === 'win32')('a pipe', () => {
  async function pipeIn(folder: string): Promise<string> {
    const path = join(folder, 'pipe')
    expect(spawnSync('mkfifo', [path]).status).toBe(0)
    return path
  }

  test('is read like a file, and again like one', async () => {
    const cwd = await testFolder()
    const path = await pipeIn(cwd)
    const [script] = await Promise.all([
      readScript(['pipe'], {...OPTIONS, cwd}),
      writeFile(path, 'SELECT 1; SELECT 2;'),
    ])
    expect(script.bytes).toBe(19)
    expect(script.files).toMatchObject([{path: 'pipe', size: 19, id: undefined}])
    for (let round = 1; round <= 2; round++) {
      expect(await statementsOf(script)).toEqual(['SELECT 1', 'SELECT 2'])
    }
  })

  test('may be packed', async () => {
    const cwd = await testFolder()
    const path = await pipeIn(cwd)
    const [script] = await Promise.all([
      readScript(['pipe'], {...OPTIONS, cwd}),
      writeFile(path, gzipSync('SELECT 1;')),
    ])
    expect(await statementsOf(script)).toEqual(['SELECT 1'])
  })

  test('of more than 16 MB is read once, to its end', async () => {
    const cwd = await testFolder()
    const path = await pipeIn(cwd)
    const text = `-- ${'x'.repeat(997)}\n`.repeat(20_000)
    const written = writeFile(path, `${text}SELECT 'the end';`)
    const script = await readScript(['pipe'], {...OPTIONS, cwd})
    expect(script.bytes).toBeUndefined()
    expect(script.files).toMatchObject([{path: 'pipe', size: undefined}])
    expect(await statementsOf(script)).toEqual(["SELECT 'the end'"])
    await written
  })

  test('that nobody writes to can be given up', async () => {
    const cwd = await testFolder()
    await pipeIn(cwd)
    const reason = new CruddurError('INTERRUPTED', 'interrupted', {exit: 130})
    const stop = new AbortController()
    const read = readScript(['pipe'], {...OPTIONS, cwd, signal: stop.signal})
    stop.abort(reason)
    await expect(read).rejects.toBe(reason)
  })

  test('is not taken where only a file on disk will do', async () => {
    const cwd = await testFolder()
    await pipeIn(cwd)
    expect(await errorOf(() => openSqlFile('pipe', {cwd, pipes: false}))).toMatchObject({
      code: 'FILE_UNREADABLE',
      exit: 2,
      message: 'pipe cannot be read: it is no file on disk',
    })
  })
})

test('standard input can be named only once (exit 2)', async () => {
  const error = await errorOf(() => readScript(['-', 'a.sql', '-'], {...OPTIONS, cwd: '/'}))
  expect(error).toMatchObject({code: 'USAGE', exit: 2})
})

describe('a packed file', () => {
  const text = 'SELECT 1;\nSELECT 2;\n'

  test.each(['x.sql.gz', 'x.sql', 'x'])('%s: is unpacked, whatever it is called', async (name) => {
    const script = await scriptOf({[name]: gzipSync(text)})
    expect(await statementsOf(script)).toEqual(['SELECT 1', 'SELECT 2'])
  })

  test('may be put together from several', async () => {
    const parts = ['SELECT 1; SEL', 'ECT 2;'].map((part) => gzipSync(part))
    const script = await scriptOf(Buffer.concat(parts))
    expect(await statementsOf(script)).toEqual(['SELECT 1', 'SELECT 2'])
  })

  test('has places in what is packed', async () => {
    const error = await errorOf(() => scriptOf({'x.sql.gz': gzipSync("SELECT 1;\nSELECT 'a")}))
    expect(placeOf(error)).toBe('x.sql.gz:2:8')
  })

  const packed = gzipSync(text)
  const flipped = Buffer.from(packed)
  flipped[packed.length - 6] = (packed.at(-6) ?? 0) ^ 0xff

  test.each([
    ['cut short', packed.subarray(0, -4)],
    ['cut shorter', packed.subarray(0, 20)],
    ['but its first bytes', packed.subarray(0, 2)],
    ['changed', flipped],
    ['followed by what is not packed', Buffer.concat([packed, Buffer.from([0x1f, 0x8b, 0])])],
  ])('%s is refused', async (_, content) => {
    const error = await errorOf(() => scriptOf({'x.sql.gz': content}))
    expect(error).toMatchObject({
      code: 'FILE_DAMAGED',
      exit: 1,
      message: expect.stringMatching(/^x\.sql\.gz is damaged or cut short \(gzip: .+\)$/),
    })
  })
})

describe('a file that is changed', () => {
  const database = freshName()
  beforeAll(() => query(`CREATE DATABASE "${database}"`))
  afterAll(() => dropDatabases(database))

  test.each<[string, (path: string) => Promise<unknown>]>([
    ['is longer', (path) => appendFile(path, 'SELECT 3;')],
    ['is another', (path) => writeFile(`${path}.new`, 'x').then(() => rename(`${path}.new`, path))],
    ['was written to', (path) => utimes(path, 1, 1)],
  ])('%s than it was when it was checked: not a statement is run', async (_, change) => {
    const script = await scriptOf('CREATE TABLE a (); SELECT 1;', {database, transaction: false})
    await change(join(script.cwd, 'x.sql'))
    const error = await errorOf(() => load(script))
    expect(error).toMatchObject({
      code: 'FILE_CHANGED',
      exit: 1,
      message: 'x.sql was changed while it was being read (no statement before it is kept)',
      details: {hint: 'run it again once nothing writes to it'},
      data: {file: 'x.sql', statements: 0},
    })
    expect(await tablesOf(database)).toEqual([])
  })

  test('that another includes', async () => {
    const files = {'x.sql': 'CREATE TABLE a ();\n\\i in.sql\n', 'in.sql': 'SELECT 1;'}
    const script = await scriptOf(files, {database, names: ['x.sql']})
    await appendFile(join(script.cwd, 'in.sql'), 'SELECT 2;')
    const error = await errorOf(() => load(script))
    expect(error).toMatchObject({code: 'FILE_CHANGED', data: {file: 'in.sql'}})
    expect(await tablesOf(database)).toEqual([])
  })

  test('while it runs: nothing is kept', async () => {
    const sql = `CREATE TABLE a ();\n${'SELECT 1;\n'.repeat(300_000)}`
    const script = await scriptOf(sql, {database})
    let changed: Promise<void> | undefined
    const onProgress = () => {
      changed ??= appendFile(join(script.cwd, 'x.sql'), 'SELECT 2;')
    }
    const error = await errorOf(() => load(script, {onProgress}))
    await changed
    expect(error).toMatchObject({code: 'FILE_CHANGED', data: {file: 'x.sql'}})
    expect(await tablesOf(database)).toEqual([])
  })

  test('is gone: it is told as a missing one', async () => {
    const script = await scriptOf('CREATE TABLE a ();', {database})
    await rename(join(script.cwd, 'x.sql'), join(script.cwd, 'y.sql'))
    const error = await errorOf(() => load(script))
    expect(error).toMatchObject({code: 'FILE_NOT_FOUND', exit: 2})
  })
})
