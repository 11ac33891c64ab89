import {readdir, readlink, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {constants, gzipSync} from 'node:zlib'
import {describe, expect, test} from 'vitest'
import {openSqlFile} from '../../../src/lib/sql/file.js'
import {unpacked} from '../../../src/lib/sql/gzip.js'
import {chunksOf, fileOf, partsOf, problemOf, statementsOf} from './parts.js'
import {errorOf, withFolder} from './support.js'

const SQL = `SELECT 'é😀';\n${'SELECT 1;\n'.repeat(100_000)}SELECT 'the end';\n`

async function contentOf(bytes: Buffer, size: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of unpacked(chunksOf(bytes, size), 'x.sql'))
    chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

describe('what begins as gzip does is unpacked, whatever the chunks', () => {
  const SIZES = [1, 7, 64 * 1024]
  test.each(SIZES)('in chunks of %d bytes', async (size) => {
    expect((await contentOf(gzipSync(SQL), size)).toString() === SQL).toBe(true)
  })

  test.each(SIZES)('several put together, in chunks of %d bytes', async (size) => {
    const members = ['SELECT 1;\nSEL', '', "ECT '", 'é', "';\n"].map((text) => gzipSync(text))
    const whole = (await contentOf(Buffer.concat(members), size)).toString()
    expect(whole).toBe("SELECT 1;\nSELECT 'é';\n")
  })

  test.each(SIZES)('with zeros behind it, as tapes have, in chunks of %d bytes', async (size) => {
    const padded = Buffer.concat([gzipSync('SELECT 1;'), Buffer.alloc(512)])
    expect((await contentOf(padded, size)).toString()).toBe('SELECT 1;')
  })

  test('of nothing', async () => {
    expect(await contentOf(gzipSync(''), 7)).toEqual(Buffer.alloc(0))
  })

  test('what is packed twice is unpacked once, and refused as no SQL', async () => {
    const twice = gzipSync(gzipSync('SELECT 1;'))
    const file = fileOf(() => chunksOf(twice, 64))
    expect(await problemOf(file)).toMatch(/^SQL_ENCODING x\.sql:1:/)
  })
})

describe('what does not is left as it is', () => {
  test.each(['', '\x1f', 'S', 'SELECT 1', '\x1f\x8aSELECT 1', ' \x1f\x8b'])('%j', async (text) => {
    const bytes = Buffer.from(text, 'latin1')
    for (const size of [1, 3, 64]) expect(await contentOf(bytes, size)).toEqual(bytes)
  })

  test('its first chunk has 5 bytes', async () => {
    for (const size of [1, 2, 4, 6]) {
      const {value} = await unpacked(chunksOf('SELECT 1;', size), 'x.sql').next()
      expect(value?.length).toBeGreaterThanOrEqual(5)
    }
  })
})

describe('the beginning of a packed file is looked at whole', () => {
  /** Stored, not packed: each byte that goes in comes out at once. */
  const stored = (text: string | Buffer) => gzipSync(text, {level: constants.Z_NO_COMPRESSION})

  test('its byte order mark is dropped, in chunks of one byte', async () => {
    const file = fileOf(() => chunksOf(stored('\ufeffSELECT 1;'), 1))
    expect(await statementsOf(file)).toEqual(['SELECT 1'])
  })

  test('its byte order mark is dropped, when it was packed by itself', async () => {
    const members = Buffer.concat([gzipSync('\ufeff'), gzipSync('SELECT 1;')])
    for (const size of [1, 7, 64]) {
      expect(await statementsOf(fileOf(() => chunksOf(members, size)))).toEqual(['SELECT 1'])
    }
  })

  test('its format is seen, in chunks of one byte', async () => {
    const dump = fileOf(() => chunksOf(stored('PGDMP\u0001\u000e'), 1))
    expect(await problemOf(dump)).toMatch(/^SQL_UNSUPPORTED .*pg_dump's custom format/)
    const utf16 = stored(Buffer.from('\ufeffSELECT 1;', 'utf16le'))
    expect(await problemOf(fileOf(() => chunksOf(utf16, 1)))).toMatch(/is UTF-16/)
  })
})

describe('a file that is cut short or broken is refused', () => {
  const packed = gzipSync(SQL)
  const broken = (at: number) => {
    const bytes = Buffer.from(packed)
    bytes[at] = (bytes[at] ?? 0) ^ 0x55
    return bytes
  }
  test.each<[string, Buffer]>([
    ['but two bytes', packed.subarray(0, 2)],
    ['but the header', packed.subarray(0, 10)],
    ['cut in the middle', packed.subarray(0, packed.length / 2)],
    ['without its last byte', packed.subarray(0, -1)],
    ['without its checksum', packed.subarray(0, -8)],
    ['a wrong method', broken(2)],
    ['broken in the middle', broken(Math.floor(packed.length / 2))],
    ['a wrong checksum', broken(packed.length - 8)],
    ['a wrong length', broken(packed.length - 1)],
    ['a second part that is cut short', Buffer.concat([packed, packed.subarray(0, -1)])],
    [
      'a second part of which only one byte is there',
      Buffer.concat([packed, packed.subarray(0, 1)]),
    ],
    ['something else behind it', Buffer.concat([packed, Buffer.from('SELECT 1;')])],
  ])('%s', async (_, bytes) => {
    for (const size of [1, 64 * 1024]) {
      const error = await errorOf(() => contentOf(bytes, size))
      expect(error).toMatchObject({
        code: 'FILE_DAMAGED',
        exit: 1,
        message: expect.stringMatching(/^x\.sql is damaged or cut short \(gzip: .+\)$/),
        details: {hint: 'make or fetch it again; gzip -t tells whether it is whole'},
        data: {file: 'x.sql'},
      })
    }
  })

  test('a failure to read it is no damage', async () => {
    const chunks = async function* () {
      yield packed.subarray(0, 100)
      throw Object.assign(new Error('EIO: i/o error'), {code: 'EIO'})
    }
    const read = (async () => {
      for await (const _ of unpacked(chunks(), 'x.sql'));
    })()
    await expect(read).rejects.toMatchObject({code: 'EIO'})
  })
})

describe('reading that is given up closes the file', () => {
  const openFiles = async (path: string) => {
    const names = await readdir('/proc/self/fd')
    const paths = await Promise.all(
      names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')),
    )
    return paths.filter((each) => each === path).length
  }

  describe.skipIf(process.platform !== 'linux')('at once', () => {
    test.each<[string, Buffer]>([
      ['plain', Buffer.from(SQL)],
      ['packed', gzipSync(SQL, {level: 0})],
    ])('%s', async (_, content) => {
      await withFolder(async (cwd) => {
        const path = join(cwd, 'x.sql')
        await writeFile(path, content)
        const file = await openSqlFile('x.sql', {cwd})
        for await (const part of partsOf(file)) {
          expect(part.kind).toBe('batch')
          expect(await openFiles(path)).toBe(1)
          break
        }
        expect(await openFiles(path)).toBe(0)
        await file.read().return(undefined)
        expect(await openFiles(path)).toBe(0)
      })
    })

    test('also when it is damaged', async () => {
      await withFolder(async (cwd) => {
        const path = join(cwd, 'x.sql')
        await writeFile(path, gzipSync(SQL).subarray(0, -1))
        const file = await openSqlFile('x.sql', {cwd})
        expect(await problemOf(file)).toMatch(/^FILE_DAMAGED /)
        expect(await openFiles(path)).toBe(0)
      })
    })
  })

  test('and takes no more of it', async () => {
    let taken = 0
    let closed = false
    const packed = gzipSync(SQL, {level: 0})
    const chunks = async function* () {
      try {
        for await (const chunk of chunksOf(packed, 16 * 1024)) {
          taken += chunk.length
          yield chunk
        }
      } finally {
        closed = true
      }
    }
    for await (const _ of unpacked(chunks(), 'x.sql')) break
    expect(closed).toBe(true)
    expect(taken).toBeLessThan(packed.length)
  })
})
