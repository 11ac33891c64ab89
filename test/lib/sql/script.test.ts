import {appendFile, rename, rm, truncate, utimes, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {describe, expect, test} from 'vitest'
import {startSession} from '../../../src/lib/sql/part.js'
import {readParts} from '../../../src/lib/sql/read.js'
import {
  checkScript,
  readScript,
  type Script,
  type ScriptOptions,
} from '../../../src/lib/sql/script.js'
import {type Content, inFolder, runModule} from './parts.js'
import {errorOf, placeOf} from './support.js'

type Tree = Readonly<Record<string, Content>>

/** Reads these files of the tree, or all of them, and gives the script to `fn` while they are there. */
async function withScript(
  tree: Tree,
  fn: (script: Script, folder: string) => unknown,
  {names = Object.keys(tree), ...options}: Partial<ScriptOptions> & {names?: string[]} = {},
): Promise<void> {
  await inFolder(tree, async (cwd) => {
    await fn(await readScript(names, {cwd, transaction: true, database: 'x', ...options}), cwd)
  })
}

async function problemOf(
  tree: Tree,
  options?: Partial<ScriptOptions> & {names?: string[]},
): Promise<string> {
  const error = await errorOf(() => withScript(tree, () => {}, options))
  return `${error.code} ${placeOf(error)} ${error.message}`
}

/** The statements that running it would send, and the bytes that it would read. */
async function runOf(script: Script): Promise<{statements: string[]; bytes: number}> {
  const session = startSession(true)
  const statements: string[] = []
  let bytes = 0
  const onRead = (read: number) => {
    bytes += read
  }
  for (const file of script.files) {
    for await (const part of readParts(file, session, {...script, onRead})) {
      if (part.kind === 'copy') for await (const _ of part.rows);
      if (part.kind !== 'batch') continue
      for (const {start, end} of part.statements)
        statements.push(part.text.bytes.toString('utf8', start, end))
    }
  }
  return {statements, bytes}
}

describe('a script', () => {
  test('has its files in order, and all the bytes that running it reads', async () => {
    const tree = {
      'b.sql': '\ufeffSELECT 1;',
      'a.sql': 'COPY t FROM stdin;\né\n\\.\n',
      'c.sql.gz': gzipSync('SELECT 2;'.repeat(1000)),
    }
    await withScript(tree, async (script) => {
      expect(script.files.map(({path}) => path)).toEqual(['b.sql', 'a.sql', 'c.sql.gz'])
      const sizes = Object.values(tree).map((content) => Buffer.byteLength(content))
      expect(script.bytes).toBe(sizes.reduce((sum, size) => sum + size))
      const {statements, bytes} = await runOf(script)
      expect(statements).toHaveLength(1001)
      expect(bytes).toBe(script.bytes)
    })
  })

  test('counts an included file each time it is included', async () => {
    const tree = {
      'main.sql': '\\i in.sql\n\\ir in.sql\n\\i two.sql\n',
      'two.sql': '\\i in.sql',
      'in.sql': `SELECT '${'x'.repeat(10_000)}';`,
    }
    const size = (name: keyof typeof tree) => tree[name].length
    await withScript(
      tree,
      async (script, folder) => {
        expect(script.bytes).toBe(size('main.sql') + size('two.sql') + 3 * size('in.sql'))
        expect([...script.included.keys()].sort()).toEqual(
          ['in.sql', 'two.sql'].map((name) => join(folder, name)),
        )
        expect((await runOf(script)).bytes).toBe(script.bytes)
      },
      {names: ['main.sql']},
    )
  })

  test('of no files, and of empty ones', async () => {
    await withScript({}, ({bytes}) => expect(bytes).toBe(0))
    await withScript({'a.sql': '', 'b.sql': '\n'}, ({bytes}) => expect(bytes).toBe(1))
  })

  test('may name a file twice', async () => {
    await withScript(
      {'a.sql': 'SELECT 1;'},
      async (script) => {
        expect(script.bytes).toBe(18)
        expect((await runOf(script)).statements).toEqual(['SELECT 1', 'SELECT 1'])
      },
      {names: ['a.sql', './a.sql']},
    )
  })
})

describe('what is found before anything is sent', () => {
  test('a problem in any file, the first of them', async () => {
    const good = 'SELECT 1;\n'.repeat(10_000)
    const tree = {'a.sql': good, 'b.sql': `${good}BEGIN;`, 'c.sql': "'"}
    expect(await problemOf(tree)).toMatch(/^SQL_TRANSACTION b\.sql:10001:1 /)
    expect(await problemOf(tree, {names: ['a.sql', 'c.sql', 'b.sql']})).toMatch(
      /^SQL_UNTERMINATED c\.sql:1:1 /,
    )
  })

  test('a missing file, before the problems of the others', async () => {
    expect(await problemOf({'a.sql': 'BEGIN;'}, {names: ['a.sql', 'b.sql']})).toBe(
      'FILE_NOT_FOUND undefined:undefined:undefined there is no file b.sql',
    )
  })

  test('a BEGIN, unless the file is run without a transaction', async () => {
    const tree = {'a.sql': 'BEGIN; SELECT 1; COMMIT;'}
    expect(await problemOf(tree)).toMatch(/^SQL_TRANSACTION a\.sql:1:1 /)
    await withScript(tree, ({bytes}) => expect(bytes).toBe(24), {transaction: false})
  })

  test('without a transaction, a BEGIN that its file does not end', async () => {
    const open = /^SQL_TRANSACTION a\.sql:1:11 the transaction begun here is never ended/
    const names = ['a.sql', 'b.sql']
    const tree = {'a.sql': 'SELECT 1; BEGIN; SELECT 2', 'b.sql': 'COMMIT'}
    expect(await problemOf(tree, {names, transaction: false})).toMatch(open)
    const including = {'a.sql': 'SELECT 1; BEGIN;\n\\i b.sql\n', 'b.sql': 'COMMIT'}
    await withScript(including, ({bytes}) => expect(bytes).toBe(32), {
      names: ['a.sql'],
      transaction: false,
    })
  })

  test('another database than the one it is for', async () => {
    await withScript({'a.sql': '\\c abc'}, () => {}, {database: 'abc'})
    expect(await problemOf({'a.sql': '\\c abc'}, {database: 'abd'})).toMatch(
      /^SQL_UNSUPPORTED a\.sql:1:1 /,
    )
  })
})

describe('standard input', () => {
  test('named twice is refused (exit 2)', async () => {
    const error = await errorOf(() => withScript({}, () => {}, {names: ['-', '-']}))
    expect(error).toMatchObject({
      code: 'USAGE',
      exit: 2,
      message: 'standard input (-) can be read only once',
    })
  })

  const READ = (...names: string[]) => `
    const {readScript} = await import(library + 'script.ts')
    const options = {cwd: process.cwd(), transaction: true, database: 'x'}
    const told = ({code, exit, message, details}) => ({code, exit, message, ...details})
    const read = readScript(${JSON.stringify(names)}, options)
    const {files, bytes} = await read.catch((error) => ({bytes: told(error), files: []}))
    console.log(JSON.stringify({bytes, sizes: files.map(({size}) => size ?? null)}))
  `
  const readFrom = async (input: string | Buffer, ...names: string[]) => {
    const {stdout, stderr} = await runModule(READ(...names), {input})
    return stdout === '' ? stderr : (JSON.parse(stdout) as unknown)
  }

  test('is checked like a file, and has its name', async () => {
    expect(await readFrom('SELECT 1;', '-')).toEqual({bytes: 9, sizes: [9]})
    expect(await readFrom("SELECT 1;\n'", '-')).toMatchObject({
      bytes: {code: 'SQL_UNTERMINATED', file: '<stdin>', line: 2, column: 1},
    })
  })

  test('of more than 16 MB is not checked beforehand, but the other files are', async () => {
    await inFolder({'good.sql': 'SELECT 1;', 'bad.sql': 'BEGIN;'}, async (folder) => {
      const input = Buffer.alloc(17 * 1024 * 1024, 'BEGIN;')
      const good = await readFrom(input, '-', join(folder, 'good.sql'))
      expect(good).toEqual({sizes: [null, 9]})
      const bad = await readFrom(input, '-', join(folder, 'bad.sql'))
      expect(bad).toMatchObject({bytes: {code: 'SQL_TRANSACTION', line: 1, column: 1}})
    })
  })

  test.skipIf(process.platform === 'win32')(
    'under two names is not taken for an empty file',
    async () => {
      expect(await readFrom('SELECT 1;', '-', '/dev/stdin')).toMatchObject({bytes: {code: 'USAGE'}})
    },
  )
})

describe('a file that changes', () => {
  const SQL = 'SELECT 1;\n'.repeat(100_000)
  const CHANGED = {
    code: 'FILE_CHANGED',
    message: 'a.sql was changed while it was being read',
    details: {hint: 'run it again once nothing writes to it'},
    data: {file: 'a.sql'},
  }
  const REPLACED = 'is replaced by one of the same size'
  const changes: Record<string, (path: string) => Promise<unknown>> = {
    grows: (path) => appendFile(path, 'DROP TABLE t;'),
    'is cut short': (path) => truncate(path, 10),
    [REPLACED]: async (path) => {
      await writeFile(`${path}.new`, SQL.replaceAll('1', '2'))
      await rename(`${path}.new`, path)
    },
    'is written over in place': (path) => writeFile(path, SQL.replaceAll('1', '2')),
    'is touched': (path) => utimes(path, new Date(0), new Date(0)),
  }

  test.each(Object.entries(changes))('between the check and the run: it %s', async (_, change) => {
    await withScript({'a.sql': SQL}, async (script, folder) => {
      await change(join(folder, 'a.sql'))
      expect(await errorOf(() => runOf(script))).toMatchObject(CHANGED)
    })
  })

  const inPlace = Object.entries(changes).filter(([name]) => name !== REPLACED)
  test.each(inPlace)('while it runs: it %s', async (_, change) => {
    await withScript({'a.sql': SQL}, async (script, folder) => {
      const [file] = script.files
      if (!file) throw new Error('no file')
      const run = async () => {
        for await (const part of readParts(file, startSession(true), script))
          if (part.kind === 'batch') await change(join(folder, 'a.sql')).catch(() => {})
      }
      expect(await errorOf(run)).toMatchObject(CHANGED)
    })
  })

  test('while it runs: the one that replaces it is not looked at', async () => {
    await withScript({'a.sql': SQL}, async (script, folder) => {
      const [file] = script.files
      if (!file) throw new Error('no file')
      for await (const part of readParts(file, startSession(true), script)) {
        await changes[REPLACED]?.(join(folder, 'a.sql'))
        if (part.kind === 'batch') expect(part.text.bytes.includes('2')).toBe(false)
      }
    })
  })

  test('and is only included', async () => {
    const tree = {'main.sql': '\\i a.sql', 'a.sql': SQL}
    await withScript(
      tree,
      async (script, folder) => {
        await appendFile(join(folder, 'a.sql'), ';')
        expect(await errorOf(() => runOf(script))).toMatchObject(CHANGED)
      },
      {names: ['main.sql']},
    )
  })

  test('and is gone is no file any more', async () => {
    await withScript({'a.sql': SQL}, async (script, folder) => {
      await rm(join(folder, 'a.sql'))
      expect(await errorOf(() => runOf(script))).toMatchObject({code: 'FILE_NOT_FOUND'})
    })
  })
})

describe('the signal', () => {
  const SQL = `${'SELECT 1;\n'.repeat(300_000)}'`

  test('that was aborted before reads nothing', async () => {
    const reason = new Error('enough')
    const signal = AbortSignal.abort(reason)
    const read = withScript({'a.sql': SQL}, () => {}, {signal})
    await expect(read).rejects.toBe(reason)
  })

  test('ends the check with its reason, not with a problem', async () => {
    const reason = new Error('enough')
    const stop = new AbortController()
    const read = withScript({'a.sql': SQL}, () => {}, {signal: stop.signal})
    setImmediate(() => stop.abort(reason))
    await expect(read).rejects.toBe(reason)
  })
})

describe('the check', () => {
  test("reads '…' as the server does", async () => {
    await withScript({'a.sql': "SELECT '\\';"}, async (script) => {
      expect(await checkScript(script, {standardStrings: true})).toBe(11)
      const error = await errorOf(() => checkScript(script, {standardStrings: false}))
      expect(`${error.code} ${placeOf(error)}`).toBe('SQL_UNTERMINATED a.sql:1:8')
    })
  })

  test('sends nothing and leaves nothing behind: it can be done again', async () => {
    const tree = {
      'a.sql': '\\restrict k\nSET standard_conforming_strings = off;',
      'b.sql': "SELECT '\\'';",
    }
    await withScript(tree, async (script) => {
      for (let round = 0; round < 3; round++)
        expect(await checkScript(script, {standardStrings: true})).toBe(script.bytes)
    })
  })
})
