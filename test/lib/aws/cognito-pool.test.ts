import {describe, expect, test} from 'vitest'
import {namedUserPool, readUserPool, regionRemark} from '../../../src/lib/aws/cognito-pool.js'

const VARIABLE = 'AWS_COGNITO_USER_POOL_ID'
const pool = {id: 'ca-central-1_AbCdEf123', region: 'ca-central-1'}

describe('the pool', () => {
  test('is that of the variable, in the region of its id', () => {
    expect(readUserPool({[VARIABLE]: ` ${pool.id}\n`})).toEqual(pool)
    expect(readUserPool({[VARIABLE]: 'us-gov-west-1_a1'}).region).toBe('us-gov-west-1')
  })

  test('is that of the flag, whatever the variable says', () => {
    expect(readUserPool({[VARIABLE]: 'nonsense'}, pool.id)).toEqual(pool)
  })

  test('is none where the variable is empty or missing', () => {
    expect([namedUserPool({}), namedUserPool({[VARIABLE]: ' '})]).toEqual([undefined, undefined])
  })

  test('has to be named where one is needed', () => {
    expect(() => readUserPool({})).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION',
        exit: 2,
        message: 'no Cognito user pool is named',
      }),
    )
  })

  test.each([
    'cruddur-user-pool',
    'cruddur_pool',
    'arn:aws:cognito-idp:ca-central-1:123456789012:userpool/ca-central-1_AbCdEf123',
    'ca-central-1_',
    'ca-central-1_Ab/../c',
    'ca-central_Ab',
    `ca-central-1_${'a'.repeat(50)}`,
  ])('is not %s, which is no id of one', (text) => {
    expect(() => readUserPool({}, text)).toThrow(
      `--user-pool-id is ${text}: a user pool's id is its region and a name, such as ca-central-1_AbCdEf123`,
    )
    expect(() => readUserPool({[VARIABLE]: text})).toThrow(`${VARIABLE} is ${text}: `)
  })

  test('is not empty, nor what steers a terminal', () => {
    expect(() => readUserPool({}, '')).toThrow('--user-pool-id is empty: ')
    expect(() => readUserPool({}, '\x1b[2J')).toThrow('--user-pool-id is \\x1b[2J: ')
  })
})

test('another region that is named is said to be passed over', () => {
  expect(regionRemark(pool, {AWS_REGION: 'us-east-1'})).toBe(
    'the pool ca-central-1_AbCdEf123 is in ca-central-1, so that region is asked and not us-east-1',
  )
  expect(regionRemark(pool, {AWS_REGION: 'ca-central-1'})).toBeUndefined()
  expect(regionRemark(pool, {})).toBeUndefined()
})
