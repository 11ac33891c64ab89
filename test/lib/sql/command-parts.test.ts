import {spawnSync} from 'node:child_process'
import {link, symlink} from 'node:fs/promises'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {describe, expect, test} from 'vitest'
import {CruddurError} from '../../../src/lib/error.js'
import {startSession} from '../../../src/lib/sql/part.js'
import {readParts} from '../../../src/lib/sql/read.js'
import {readScript} from '../../../src/lib/sql/script.js'
import {type Content, inFolder} from './parts.js'
import {placeOf} from './support.js'

type Tree = Readonly<Record<string, Content>>

/** What `main.sql`, or other files of the tree, sends; or its problem, which has to be found before anything is sent. */
async function load(
  tree: Tree,
  {names = ['main.sql'], prepare}: {names?: string[]; prepare?: (folder: string) => unknown} = {},
): Promise<string[] | string> {
  return await inFolder(tree, async (cwd) => {
    await prepare?.(cwd)
    try {
      const script = await readScript(names, {cwd, transaction: true, database: 'x'})
      const session = startSession(true)
      const sent: string[] = []
      for (const file of script.files) {
        for await (const part of readParts(file, session, script)) {
          if (part.kind === 'echo') sent.push(`echo ${part.line}`)
          if (part.kind === 'sql') sent.push(part.sql)
          if (part.kind === 'batch')
            for (const {start, end} of part.statements)
              sent.push(part.text.bytes.toString('utf8', start, end))
          if (part.kind === 'copy') for await (const {bytes} of part.rows) sent.push(`${bytes}`)
        }
      }
      return sent
    } catch (error) {
      if (!(error instanceof CruddurError)) throw error
      return `${error.code} ${placeOf(error)} ${error.message.replaceAll(cwd, '.')}`
    }
  })
}

describe('where an included file is looked for', () => {
  test('\\i from the working directory, \\ir from the folder of the file it stands in', async () => {
    expect(
      await load({
        'main.sql': '\\i a/x.sql\n\\ir a/x.sql\n',
        'a/x.sql': "SELECT 'a/x';\n\\ir y.sql\n\\i y.sql\n\\ir ./b/../y.sql\n\\ir b/z.sql\n",
        'a/y.sql': "SELECT 'a/y';",
        'y.sql': "SELECT 'y';",
        'a/b/z.sql': '\\ir ../../y.sql\n\\i a/y.sql',
      }),
    ).toEqual(
      Array(2)
        .fill(['a/x', 'a/y', 'y', 'a/y', 'y', 'a/y'].map((name) => `SELECT '${name}'`))
        .flat(),
    )
  })

  test('an absolute path is taken as it is, by both', async () => {
    const result = await inFolder({'x.sql': 'SELECT 1'}, async (elsewhere) => {
      const path = join(elsewhere, 'x.sql')
      return await load({'a/main.sql': `\\i ${path}\n\\ir ${path}\n`}, {names: ['a/main.sql']})
    })
    expect(result).toEqual(['SELECT 1', 'SELECT 1'])
  })

  test('a symlink stands for the folder it is in, not the one it leads to', async () => {
    const result = await load(
      {
        'main.sql': '\\i a/link.sql',
        'b/x.sql': '\\ir y.sql',
        'a/y.sql': 'SELECT 1',
        'b/y.sql': 'SELECT 2',
      },
      {prepare: (folder) => symlink('../b/x.sql', join(folder, 'a/link.sql'))},
    )
    expect(result).toEqual(['SELECT 1'])
  })

  test('names with blanks, quotes and other letters', async () => {
    expect(
      await load({
        'main.sql': "\\i 'a b/it''s.sql'\n\\ir 'a b'/é😀.sql\n\\i 'a b/c;.sql'\n\\i -\n",
        "a b/it's.sql": 'SELECT 1',
        'a b/é😀.sql': 'SELECT 2',
        'a b/c;.sql': 'SELECT 3',
        '-': 'SELECT 4',
      }),
    ).toEqual(['SELECT 1', 'SELECT 2', 'SELECT 3', 'SELECT 4'])
  })
})

describe('what an included file may be', () => {
  test.each<[string, Content, string[]]>([
    ['empty', '', []],
    ['comments only', '-- a\n/* b */', []],
    ['of a byte order mark', '\ufeffSELECT 1;\n', ['SELECT 1']],
    ['of a byte order mark and nothing else', '\ufeff', []],
    ['of CRLF', 'SELECT 1;\r\n\\echo a\r\n', ['SELECT 1', 'echo a']],
    ['without a final line end', 'SELECT 1;', ['SELECT 1']],
    ['without a final semicolon', 'SELECT 1;\nSELECT 2', ['SELECT 1', 'SELECT 2']],
    ['ending in a comment', 'SELECT 1 -- a', ['SELECT 1 -- a']],
    ['ending in a command', 'SELECT 1;\n\\echo a', ['SELECT 1', 'echo a']],
    ['of a COPY', 'COPY t FROM stdin;\n1\n\\.\n', ['1\n']],
    ['of a COPY that the file ends with', 'COPY t FROM stdin;\n1\n\\.', ['1\n']],
    ['packed', gzipSync('\ufeffSELECT 1;'), ['SELECT 1']],
  ])('%s', async (_, content, sent) => {
    const main = 'SELECT 0;\n\\i in.sql\nSELECT 9;\n'
    expect(await load({'main.sql': main, 'in.sql': content})).toEqual([
      'SELECT 0',
      ...sent,
      'SELECT 9',
    ])
  })

  test('one that is included twice is read twice', async () => {
    const files = {'main.sql': '\\i in.sql \\i in.sql \\\\ SELECT 2;', 'in.sql': 'SELECT 1'}
    expect(await load(files)).toEqual(['SELECT 1', 'SELECT 1', 'SELECT 2'])
  })

  test('100 levels deep', async () => {
    const tree = Object.fromEntries(
      Array.from({length: 100}, (_, level) => [
        `${level}.sql`,
        `\\i ${level + 1}.sql\nSELECT ${level};`,
      ]),
    )
    const sent = await load({...tree, '100.sql': 'SELECT 100;'}, {names: ['0.sql']})
    expect(sent).toEqual(Array.from({length: 101}, (_, index) => `SELECT ${100 - index}`))
  })

  test('what the file that includes it has in its line, and a statement without an end', async () => {
    const tree = {'main.sql': 'SELECT 1; \\i in.sql \\\\ SELECT 3', 'in.sql': 'SELECT 2'}
    expect(await load(tree)).toEqual(['SELECT 1', 'SELECT 2', 'SELECT 3'])
  })
})

describe('what cannot be included is told where the command stands, before anything is sent', () => {
  const MAIN = 'SELECT 1;\n  /* é */ \\i in.sql\nSELECT 2;\n'
  const PLACE = 'main.sql:2:11'

  test('a missing file', async () => {
    expect(await load({'main.sql': MAIN})).toBe(`FILE_NOT_FOUND ${PLACE} there is no file in.sql`)
  })

  test('a missing file in one that is included', async () => {
    const tree = {'main.sql': '\\i a/in.sql', 'a/in.sql': '\n\\ir nope.sql'}
    expect(await load(tree)).toBe('FILE_NOT_FOUND a/in.sql:2:1 there is no file a/nope.sql')
  })

  test('a folder', async () => {
    expect(await load({'main.sql': MAIN, 'in.sql/x': ''})).toBe(
      `FILE_UNREADABLE ${PLACE} in.sql is a folder`,
    )
  })

  test('a pipe', async () => {
    const prepare = (folder: string) => spawnSync('mkfifo', [join(folder, 'in.sql')])
    expect(await load({'main.sql': MAIN}, {prepare})).toBe(
      `FILE_UNREADABLE ${PLACE} in.sql cannot be read: it is no file on disk`,
    )
  })

  test('a device', async () => {
    expect(await load({'main.sql': '\\i /dev/null'})).toMatch(/^FILE_UNREADABLE main\.sql:1:1 /)
  })

  test('a name in double quotes, which psql takes as part of it', async () => {
    expect(await load({'main.sql': '\\i "in.sql"', 'in.sql': ''})).toBe(
      'FILE_NOT_FOUND main.sql:1:1 there is no file "in.sql"',
    )
  })

  test('what stands behind it is not looked for first', async () => {
    expect(await load({'main.sql': `BEGIN;\n${MAIN}`})).toMatch(/^SQL_TRANSACTION main\.sql:1:1/)
    expect(await load({'main.sql': `${MAIN}BEGIN;`})).toMatch(/^FILE_NOT_FOUND/)
  })
})

describe('a file that includes itself is refused', () => {
  const itself = (place: string, path: string) => `SQL_UNSUPPORTED ${place} ${path} includes itself`

  test('directly', async () => {
    expect(await load({'main.sql': 'SELECT 1;\n\\i main.sql'})).toBe(
      itself('main.sql:2:1', 'main.sql'),
    )
  })

  test('by another name', async () => {
    expect(await load({'main.sql': '\\i ./a/../main.sql', 'a/x': ''})).toBe(
      itself('main.sql:1:1', 'main.sql'),
    )
  })

  test('over two files', async () => {
    const tree = {'main.sql': '\\i a.sql', 'a.sql': '\\ir b.sql', 'b.sql': '\n\n\\i a.sql'}
    expect(await load(tree)).toBe(itself('b.sql:3:1', 'a.sql'))
  })

  test.each([
    ['a symlink', symlink],
    ['a hard link', link],
  ])('through %s', async (_, make) => {
    const prepare = (folder: string) => make(join(folder, 'main.sql'), join(folder, 'link.sql'))
    const result = await load({'main.sql': 'SELECT 1;\n\\i link.sql'}, {prepare})
    expect(result).toBe(itself('main.sql:2:1', 'link.sql'))
  })

  test('through a folder that is a symlink', async () => {
    const prepare = (folder: string) => symlink('.', join(folder, 'a'))
    const result = await load({'main.sql': '\\i a/a/a/main.sql'}, {prepare})
    expect(result).toBe(itself('main.sql:1:1', 'a/a/a/main.sql'))
  })
})

describe('a problem in an included file has its place in there', () => {
  test.each<[string, Content, string]>([
    ['an unclosed quote', "SELECT 1;\nSELECT 'a", 'SQL_UNTERMINATED a/in.sql:2:8'],
    ['an unclosed parenthesis', 'SELECT (1', 'SQL_UNTERMINATED a/in.sql:1:8'],
    ['rows without an end', 'COPY t FROM stdin;\n1\n', 'SQL_UNTERMINATED a/in.sql:1:1'],
    ['a byte that is no UTF-8', Buffer.from('\n\n -- \xe9', 'latin1'), 'SQL_ENCODING a/in.sql:3:5'],
    ['NUL', 'SELECT\0', 'SQL_ENCODING a/in.sql:1:7'],
    ['a command', '\n\\gexec', 'SQL_UNSUPPORTED a/in.sql:2:1'],
    ['a BEGIN', 'SELECT 1; BEGIN;', 'SQL_TRANSACTION a/in.sql:1:11'],
    ['another database', '\\c y', 'SQL_UNSUPPORTED a/in.sql:1:1'],
  ])('%s', async (_, content, problem) => {
    const tree = {'main.sql': '-- \nSELECT 1; \\i a/in.sql\nSELECT 2;', 'a/in.sql': content}
    expect((await load(tree)).slice(0, problem.length)).toBe(problem)
  })

  test('the rows of a COPY do not go on behind the end of the file they are in', async () => {
    const tree = {'main.sql': '\\i in.sql\n1\n\\.\n', 'in.sql': 'COPY t FROM stdin;\n'}
    expect(await load(tree)).toMatch(/^SQL_UNTERMINATED in\.sql:1:1 /)
  })

  test('a damaged file is named', async () => {
    const packed = gzipSync('SELECT 1;'.repeat(1000)).subarray(0, -3)
    const tree = {'main.sql': '\\i in.sql.gz', 'in.sql.gz': packed}
    expect(await load(tree)).toMatch(/^FILE_DAMAGED .*in\.sql\.gz is damaged or cut short/)
  })
})

describe('\\restrict', () => {
  const REFUSED = 'stands between \\restrict and \\unrestrict, where psql allows no command'

  test('holds on behind the file it is in, until its key comes', async () => {
    const tree = {
      'main.sql': '\\i in.sql\nSELECT 2;\n\\unrestrict k\n\\echo a\n',
      'in.sql': 'SELECT 1;\n\\restrict k\n',
    }
    expect(await load(tree)).toEqual(['SELECT 1', 'SELECT 2', 'echo a'])
    expect(await load({...tree, 'main.sql': '\\i in.sql\n\\echo a\n'})).toBe(
      `SQL_UNSUPPORTED main.sql:2:1 \\echo ${REFUSED}`,
    )
  })

  test('holds on into the next file', async () => {
    const names = ['a.sql', 'b.sql']
    expect(await load({'a.sql': '\\restrict k', 'b.sql': '\\echo a'}, {names})).toBe(
      `SQL_UNSUPPORTED b.sql:1:1 \\echo ${REFUSED}`,
    )
    const tree = {'a.sql': '\\restrict k', 'b.sql': 'SELECT 1;\n\\unrestrict k'}
    expect(await load(tree, {names})).toEqual(['SELECT 1'])
  })

  test('is ended in a file that is included by none, as \\i is refused', async () => {
    const tree = {'main.sql': '\\restrict k\n\\i in.sql', 'in.sql': '\\unrestrict k'}
    expect(await load(tree)).toBe(`SQL_UNSUPPORTED main.sql:2:1 \\i ${REFUSED}`)
  })

  test('at the end of the last file is not missed', async () => {
    expect(await load({'main.sql': '\\restrict k\nSELECT 1;'})).toEqual(['SELECT 1'])
  })

  test('leaves rows alone, and what is no command', async () => {
    const rows = '\\echo a\n\\unrestrict b\n'
    const main = `\\restrict k\nCOPY t FROM stdin;\n${rows}\\.\nSELECT '\\echo', $$\\g$$; -- \\i x\n\\unrestrict k`
    expect(await load({'main.sql': main})).toEqual([rows, "SELECT '\\echo', $$\\g$$"])
  })

  test.each([
    '\\echo a',
    'SELECT 1\\g',
    'SELECT 1 \\;',
    '\\restrict k',
    '\\!id',
    '\\nosuch',
    '\\.',
    '\\',
  ])('refuses %s', async (text) => {
    const result = await load({'main.sql': `\\restrict k\n${text}\n\\unrestrict k\n`})
    expect(result).toMatch(/^SQL_UNSUPPORTED main\.sql:2:\d+ .* where psql allows no command$/)
  })
})

describe('the line of a command', () => {
  test('ends at its LF, whatever other signs stand in the file', async () => {
    const insert = `INSERT INTO t VALUES ('a\rb${'x'.repeat(300 * 1024)}')`
    const main = `${insert};\n\\echo a\nINSERT INTO t VALUES (2);\nSELECT 3;\n`
    expect(await load({'main.sql': main})).toEqual([
      insert,
      'echo a',
      'INSERT INTO t VALUES (2)',
      'SELECT 3',
    ])
  })

  test('may be longer than what is read at a time', async () => {
    const word = 'é'.repeat(400 * 1024)
    expect(await load({'main.sql': `\\echo ${word} b\nSELECT 1;`})).toEqual([
      `echo ${word} b`,
      'SELECT 1',
    ])
  })

  test('SQL behind a command that takes it for arguments is not left out without a word', async () => {
    const tree = {'main.sql': '\\i in.sql; DELETE FROM t;\nSELECT 2;', 'in.sql': 'SELECT 1'}
    expect(await load(tree)).toMatch(/^SQL_UNSUPPORTED main\.sql:1:1 /)
  })
})

test('\\encoding and \\connect stand where they stand, and what is read behind them follows', async () => {
  const main = [
    'SET standard_conforming_strings = off;',
    "SELECT '\\';'; \\encoding UTF8",
    "SELECT '\\';'; \\connect x",
    "SELECT '\\'; SELECT 2;",
  ].join('\n')
  const sent = await load({'main.sql': main})
  expect(sent).toHaveLength(7)
  expect(sent).toMatchObject({
    1: "SELECT '\\';'",
    2: "SET client_encoding TO 'UTF8'",
    3: "SELECT '\\';'",
    5: "SELECT '\\'",
    6: 'SELECT 2',
  })
})
