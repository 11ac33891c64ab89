import {randomBytes} from 'node:crypto'
import {createRequire} from 'node:module'
import {describe, expect, test} from 'vitest'
import * as ours from '../../scripts/pg-crypto.js'

type Functions = Record<string, (...args: unknown[]) => unknown>

const theirs: Functions = createRequire(import.meta.url)('pg/lib/crypto/utils')

async function bytesOf(result: unknown): Promise<Buffer> {
  const value = await result
  return typeof value === 'string' ? Buffer.from(value) : Buffer.from(value as ArrayBuffer)
}

describe('in the bundle node-postgres computes as it does by itself', () => {
  const key = randomBytes(32)
  const text = 'n=*,r=ö€😀 \0'

  test.each<[string, unknown[]]>([
    ['md5', [text]],
    ['md5', [key]],
    ['postgresMd5PasswordHash', ['ünïcode', 'p"ss€', key.subarray(0, 4)]],
    ['sha256', [key]],
    ['hashByName', ['SHA-256', key]],
    ['hashByName', ['SHA-384', key]],
    ['hashByName', ['SHA-512', key]],
    ['hmacSha256', [key, text]],
    ['hmacSha256', [key, '']],
    ['deriveKey', [text, key.subarray(0, 16), 4096]],
    ['deriveKey', ['', key, 1]],
  ])('%s', async (name, args) => {
    const [own, library] = [(ours as Functions)[name]?.(...args), theirs[name]?.(...args)]
    expect(await bytesOf(own)).toEqual(await bytesOf(library))
  })

  test('with as many functions', () => {
    expect(Object.keys(ours).sort()).toEqual(Object.keys(theirs).sort())
  })

  test('and as much chance', () => {
    expect(ours.randomBytes(18)).toHaveLength(18)
    expect(ours.randomBytes(18)).not.toEqual(ours.randomBytes(18))
  })
})
