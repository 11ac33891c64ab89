import {mkdir, symlink} from 'node:fs/promises'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {expect, test} from 'vitest'
import {readSource} from '../../../src/lib/migrations/source.js'
import {type Content, errorOf, placeOf, testFolder, writeFiles} from '../sql/support.js'

async function sourceOf(content: Content) {
  const cwd = await testFolder()
  await writeFiles(cwd, {'x.sql': content})
  return await readSource(join(cwd, 'x.sql'), {cwd})
}

test('is the whole text, without a byte order mark, unpacked when it is packed', async () => {
  const long = 'SELECT 1;\n'.repeat(100_000)
  for (const [content, text] of [
    [long, long],
    ['\ufeffSELECT 1', 'SELECT 1'],
    [gzipSync('\ufeffSELECT 1'), 'SELECT 1'],
    ['', ''],
  ] as const) {
    expect((await sourceOf(content)).text.bytes.toString()).toBe(text)
  }
})

test('what is no UTF-8 is refused, with its place', async () => {
  for (const [content, place] of [
    [Buffer.from("-- a\nSELECT '\xe4';", 'latin1'), 'x.sql:2:9'],
    [Buffer.from('\ufeff-- migrate:up', 'utf16le'), 'x.sql:1:1'],
    ['\ufeffab\0', 'x.sql:1:3'],
  ] as const) {
    const error = await errorOf(() => sourceOf(content))
    expect(error.code).toBe('SQL_ENCODING')
    expect(placeOf(error)).toBe(place)
  }
  const utf16 = await errorOf(() => sourceOf(Buffer.from('\ufeffx', 'utf16le')))
  expect(utf16.message).toBe('the file is UTF-16, not UTF-8')
})

test('a file longer than 64 MB is refused once it is unpacked', async () => {
  const limit = 64 * 1024 * 1024
  expect((await sourceOf(gzipSync(Buffer.alloc(limit, '\n'), {level: 1}))).text.bytes.length).toBe(
    limit,
  )
  const error = await errorOf(() => sourceOf(gzipSync(Buffer.alloc(limit + 1, '\n'), {level: 1})))
  expect(error).toMatchObject({
    code: 'SQL_TOO_LARGE',
    details: {
      file: 'x.sql',
      hint: 'keep the rows out of it: load them with cruddur-db seed --seed-file FILE',
    },
  })
})

test('a folder, a broken link and a missing file are errors of their own', async () => {
  const cwd = await testFolder()
  await mkdir(join(cwd, 'folder.sql'))
  await symlink('nowhere', join(cwd, 'link.sql'))
  for (const [name, code] of [
    ['folder.sql', 'FILE_UNREADABLE'],
    ['link.sql', 'FILE_NOT_FOUND'],
    ['missing.sql', 'FILE_NOT_FOUND'],
  ] as const) {
    const error = await errorOf(() => readSource(join(cwd, name), {cwd}))
    expect(error).toMatchObject({code, exit: 2, data: {file: name}})
  }
})
