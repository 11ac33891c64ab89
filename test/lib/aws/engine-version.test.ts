import {describe, expect, test} from 'vitest'
import {versionUnavailable} from '../../../src/lib/aws/engine-version.js'

const offered = ['17.9', '16.10', '16.9', '17.10', '9.6.24']
const told = (asked: string, versions: readonly string[] = offered) =>
  versionUnavailable(asked, versions, 'eu-west-1')

describe('a version that cannot be had', () => {
  test('is told with all that can, by major version, in the order of numbers', () => {
    const error = told('14.6')
    expect(error).toMatchObject({code: 'VERSION_UNAVAILABLE', exit: 1})
    expect(error.message).toBe('PostgreSQL 14.6 cannot be created on RDS in eu-west-1; these can:')
    expect(error.excerpt).toBe('  9: 9.6.24\n  16: 16.9, 16.10\n  17: 17.9, 17.10')
    expect(error.data).toEqual({versions: ['9.6.24', '16.9', '16.10', '17.9', '17.10']})
  })

  test.each([
    ['16.2', ' any more', '16'],
    ['16.99', '', '16'],
    ['17.8', ' any more', '17'],
    ['8.4', ' any more', '17'],
    ['99', '', '17'],
    ['99.1', '', '17'],
    ['18', '', '17'],
  ])('%s: whether it is gone, and the major version to take', (asked, gone, major) => {
    const error = told(asked)
    expect(error.message).toContain(`in eu-west-1${gone}; these can:`)
    expect(error.details.hint).toBe(
      `take the major version alone, which stands for a current one of it: --engine-version ${major}`,
    )
  })

  test('leaves the list it was given as it was', () => {
    const versions = ['17.9', '16.9']
    told('14.6', versions)
    expect(versions).toEqual(['17.9', '16.9'])
  })
})
