import {describe, expect, test} from 'vitest'
import {errorOf, placeOf} from '../sql/support.js'
import {contentOf, lines, migrationOf} from './files.js'

test('both parts are told apart, with their options, and shown as written', async () => {
  const migration = await migrationOf(
    lines(
      '-- words',
      '-- migrate:up transaction:false',
      '',
      '  CREATE TABLE a ();',
      '',
      '-- migrate:down',
      'DROP TABLE a;',
      '',
    ),
  )
  expect(migration).toMatchObject({version: 1n, name: 'x', path: '0001_x.sql'})
  expect(migration.up).toMatchObject({
    transaction: false,
    sql: '  CREATE TABLE a ();',
    endedBy: 6,
  })
  expect(migration.down).toMatchObject({transaction: true, sql: 'DROP TABLE a;'})
})

test('each part has its lines and columns of the file, and blanks for everything else', async () => {
  const text = '\ufeff-- ö\n-- migrate:up\r\nSELECT 1;\n-- migrate:down\nSELECT 2;\n'
  const {up, down} = await migrationOf(text)
  expect(await contentOf(up)).toBe(`     \n${' '.repeat(13)}\r\nSELECT 1;\n`)
  expect(down && (await contentOf(down))).toBe(
    `     \n${' '.repeat(13)}\r\n${' '.repeat(9)}\n${' '.repeat(15)}\nSELECT 2;\n`,
  )
})

test('a part longer than a chunk is read whole', async () => {
  const rows = Array.from({length: 60_000}, (_, row) => `SELECT ${row};\n`).join('')
  const {up, down} = await migrationOf(`-- migrate:up\n${rows}-- migrate:down\n${rows}`)
  expect((await contentOf(up)).trimStart()).toBe(rows)
  expect(down && (await contentOf(down)).trimStart()).toBe(rows)
})

test('the checksum is that of the up part alone', async () => {
  const checksumOf = async (text: string): Promise<string> => (await migrationOf(text)).checksum
  const first = await checksumOf('-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 2;\n')
  expect(await checksumOf('-- migrate:up\nSELECT 1;')).toBe(first)
  expect(await checksumOf('\ufeff-- a\r\n-- migrate:up transaction:false\r\nSELECT 1;\r\n')).toBe(
    first,
  )
  expect(await checksumOf('-- migrate:up\nSELECT 2;\n-- migrate:down\nSELECT 2;\n')).not.toBe(first)
})

test('a down part without a statement is none', async () => {
  for (const tail of [
    '',
    '-- migrate:down',
    '-- migrate:down\n-- nothing /* */\n/* to do */ ;\n',
  ]) {
    expect((await migrationOf(`-- migrate:up\nSELECT 1;\n${tail}`)).down).toBeUndefined()
  }
})

test('markers are found in a file whose lines end with CRLF or CR, or that begins with a byte order mark', async () => {
  for (const ending of ['\r\n', '\r', '\n']) {
    const text = ['--migrate:up \t', 'SELECT 1;', '--  migrate:down', 'SELECT 2'].join(ending)
    const {up, down} = await migrationOf(`\ufeff${text}`)
    expect([up.sql.trim(), down?.sql.trim()]).toEqual(['SELECT 1;', 'SELECT 2'])
  }
})

interface Refused {
  what: string
  text: string
  place: string
  message: string
}

const REFUSED: Refused[] = [
  {
    what: 'an empty file',
    text: '',
    place: '0001_x.sql:1:1',
    message: 'there is no line -- migrate:up',
  },
  {
    what: 'a file without a marker',
    text: lines('-- words', '  SELECT 1;'),
    place: '0001_x.sql:2:3',
    message: 'there is no line -- migrate:up',
  },
  {
    what: 'SQL in front of the first marker',
    text: lines('-- words', '/* ö */ SELECT 1;', '-- migrate:up', 'SELECT 2;'),
    place: '0001_x.sql:2:9',
    message: 'SQL stands in front of the first marker, where nothing runs it',
  },
  {
    what: 'a marker in a comment',
    text: lines('/* words', '-- migrate:up', '*/ SELECT 2;'),
    place: '0001_x.sql:1:1',
    message: 'the comment opened here is not closed in front of the first marker',
  },
  {
    what: 'a second up part',
    text: lines('-- migrate:up', 'SELECT 1;', '-- migrate:up', 'SELECT 2;'),
    place: '0001_x.sql:3:1',
    message: 'this is the second -- migrate:up; the first is in line 1',
  },
  {
    what: 'an up part behind the down part',
    text: lines(
      '-- migrate:up',
      'SELECT 1;',
      '-- migrate:down',
      'SELECT 2;',
      '-- migrate:up',
      'SELECT 3;',
    ),
    place: '0001_x.sql:5:1',
    message: 'this is the second -- migrate:up; the first is in line 1',
  },
  {
    what: 'a second down part',
    text: lines('-- migrate:up', 'SELECT 1;', '-- migrate:down', 'SELECT 2;', '-- migrate:down'),
    place: '0001_x.sql:5:1',
    message: 'this is the second -- migrate:down; the first is in line 3',
  },
  {
    what: 'the down part first',
    text: lines('-- migrate:down', 'SELECT 1;', '-- migrate:up', 'SELECT 2;'),
    place: '0001_x.sql:1:1',
    message: 'the down part stands in front of the up part',
  },
  {
    what: 'a down part alone',
    text: lines('', '-- migrate:down', 'SELECT 1;'),
    place: '0001_x.sql:2:1',
    message: 'there is no line -- migrate:up',
  },
  {
    what: 'an up part without a statement',
    text: lines('', '-- migrate:up', '-- nothing', ';', '-- migrate:down', 'SELECT 1;'),
    place: '0001_x.sql:2:1',
    message: 'the up part has no statement',
  },
]

describe('refused, with its place', () => {
  for (const {what, text, place, message} of REFUSED) {
    test(what, async () => {
      const error = await errorOf(() => migrationOf(text))
      expect(error).toMatchObject({code: 'MIGRATION_INVALID', exit: 1, message})
      expect(placeOf(error)).toBe(place)
    })
  }
})
