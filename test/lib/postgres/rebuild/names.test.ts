import {describe, expect, test} from 'vitest'
import {
  datedName,
  isTemporaryName,
  temporaryName,
} from '../../../../src/lib/postgres/rebuild/names.js'

describe('temporary names', () => {
  test.each(['cruddur', 'a', 'é'.repeat(31), '🦀'.repeat(15), 'x'.repeat(63)])(
    'of %s fit into 63 bytes and are known again',
    (database) => {
      const name = temporaryName(database, 'new')
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63)
      expect(name).not.toContain('\uFFFD')
      expect(isTemporaryName(name, database)).toBe(true)
    },
  )

  test('differ at every call', () => {
    expect(temporaryName('cruddur', 'old')).not.toBe(temporaryName('cruddur', 'old'))
  })

  test('of one database are not taken for those of another with the same beginning', () => {
    const long = 'x'.repeat(62)
    expect(isTemporaryName(temporaryName(`${long}a`, 'new'), `${long}b`)).toBe(false)
  })

  test.each(['cruddur', 'cruddur_new', 'cruddur.new-12345678-abcdef', 'other.new-12345678-abcdef'])(
    '%s is nobody’s leftover',
    (name) => {
      expect(isTemporaryName(name, 'cruddur')).toBe(false)
    },
  )
})

describe('the dated name of a previous database', () => {
  const now = new Date('2026-11-22T10:15:30.999Z')

  test('is the name and the time in UTC', () => {
    expect(datedName('cruddur', now)).toBe('cruddur_20261122_101530')
  })

  test('fits into 63 bytes, and two shortened ones differ', () => {
    const [one, other] = ['a', 'b'].map((end) => datedName(`${'é'.repeat(30)}xx${end}`, now))
    expect(one).toMatch(/^é{19}_[0-9a-f]{8}_20261122_101530$/)
    expect(Buffer.byteLength(one ?? '')).toBeLessThanOrEqual(63)
    expect(one).not.toBe(other)
  })
})
