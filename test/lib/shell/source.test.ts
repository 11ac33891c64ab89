import {describe, expect, test} from 'vitest'
import {streamSource} from '../../../src/lib/shell/source.js'

async function* chunks(...parts: (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield Buffer.from(part)
}

async function linesOf(...parts: (string | Buffer)[]): Promise<string[]> {
  const source = streamSource('f', chunks(...parts))
  const lines: string[] = []
  for (let line = await source.next(''); line instanceof Buffer; line = await source.next('')) {
    lines.push(line.toString('latin1'))
  }
  return lines
}

describe('lines of a stream', () => {
  test.each<[(string | Buffer)[], string[]]>([
    [[], []],
    [[''], []],
    [['a'], ['a']],
    [['a\n'], ['a']],
    [['a\nb'], ['a', 'b']],
    [['a\r\nb\r\n'], ['a\r', 'b\r']],
    [['\n\n'], ['', '']],
    [
      ['a', 'b\nc', '\n', 'd'],
      ['ab', 'c', 'd'],
    ],
    [
      ['a\r', '\nb'],
      ['a\r', 'b'],
    ],
    [['\ufeffa\n\ufeffb'], ['a', '\xef\xbb\xbfb']],
    [[Buffer.from([0xef]), Buffer.from([0xbb, 0xbf, 0x61])], ['a']],
    [[Buffer.from([0xff, 0x00, 0x0a])], ['\xff\x00']],
  ])('%j', async (parts, lines) => {
    expect(await linesOf(...parts)).toEqual(lines)
  })

  test('whose memory is used again by who reads it', async () => {
    const room = Buffer.alloc(3)
    async function* reused(): AsyncGenerator<Buffer> {
      for (const text of ['abc', 'def', 'g\nh']) {
        room.write(text)
        yield room
      }
    }
    const source = streamSource('f', reused())
    expect(String(await source.next(''))).toBe('abcdefg')
    expect([String(await source.next('')), source.line()]).toEqual(['h', 2])
  })
})
