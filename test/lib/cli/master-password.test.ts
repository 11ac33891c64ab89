import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import {instanceDefaults} from '../../../src/lib/aws/instance-settings.js'
import {masterPassword, refusePasswordFlag} from '../../../src/lib/cli/master-password.js'

const {signal} = new AbortController()
const managed = {...instanceDefaults, 'manage-master-user-password': true}

/** Whether somebody could be asked. */
function setTerminal(isTTY: boolean): void {
  for (const stream of [process.stdin, process.stderr])
    Object.defineProperty(stream, 'isTTY', {configurable: true, value: isTTY})
}

beforeEach(() => setTerminal(false))
afterEach(() => setTerminal(false))

describe('the password of a new instance', () => {
  test('is that of RDS_MASTER_PASSWORD, as it is', async () => {
    const {problems, get} = masterPassword(instanceDefaults, {RDS_MASTER_PASSWORD: '$(x)`%41\\'})
    expect(problems).toEqual([])
    expect(await get(signal)).toBe('$(x)`%41\\')
  })

  test('is not asked for where the variable has it, on a terminal too', async () => {
    setTerminal(true)
    const {get} = masterPassword(instanceDefaults, {RDS_MASTER_PASSWORD: 'from-the-variable'})
    expect(await get(signal)).toBe('from-the-variable')
  })

  test.each([
    ['short', 'has 5 characters: RDS takes 8 to 128 of them'],
    ['at@at@at@at', 'holds one of / " @, which RDS does not take'],
  ])(
    'of the variable that RDS would refuse is a problem, and is not repeated: %s',
    (given, why) => {
      const {problems} = masterPassword(instanceDefaults, {RDS_MASTER_PASSWORD: given})
      expect(problems).toEqual([`RDS_MASTER_PASSWORD: the password ${why}`])
      expect(problems.join('')).not.toContain(given)
    },
  )

  test.each([{}, {RDS_MASTER_PASSWORD: ''}, {RDS_MASTER_PASSWORD: undefined}])(
    'is missed where nobody can be asked for it: %j',
    (env) => {
      expect(masterPassword(instanceDefaults, env).problems).toEqual([
        'there is no password: set RDS_MASTER_PASSWORD, or give --manage-master-user-password',
      ])
    },
  )

  test('is not missed where somebody can be asked', () => {
    setTerminal(true)
    expect(masterPassword(instanceDefaults, {}).problems).toEqual([])
  })

  test('is left to AWS where it makes it up, whatever the variable holds', async () => {
    const {problems, get} = masterPassword(managed, {RDS_MASTER_PASSWORD: 'bad'})
    expect(problems).toEqual([])
    expect(await get(signal)).toBeUndefined()
  })

  test('is in nothing that is printed of it', () => {
    const password = masterPassword(instanceDefaults, {RDS_MASTER_PASSWORD: 's3cret-s3cret'})
    expect(JSON.stringify(password)).not.toContain('s3cret')
  })
})

describe('where it comes from', () => {
  test.each([true, false])('is told when it is typed; on a terminal: %s', (isTTY) => {
    setTerminal(isTTY)
    expect(masterPassword(instanceDefaults, {}).source).toBe(isTTY ? 'asked for next' : 'none yet')
  })

  test('is told when AWS makes it up', () => {
    expect(masterPassword(managed, {RDS_MASTER_PASSWORD: 'x'}).source).toBe(
      'made up and kept by AWS',
    )
  })

  test("is told apart: the process's variable, and one of an environment file", () => {
    const env = {RDS_MASTER_PASSWORD: 'good-enough'}
    vi.stubEnv('RDS_MASTER_PASSWORD', undefined)
    expect(masterPassword(instanceDefaults, env).source).toBe(
      'RDS_MASTER_PASSWORD of the environment file',
    )
    vi.stubEnv('RDS_MASTER_PASSWORD', 'good-enough')
    expect(masterPassword(instanceDefaults, env).source).toBe('RDS_MASTER_PASSWORD')
    vi.unstubAllEnvs()
  })
})

describe('where none is needed', () => {
  test('none is missed, and one that is given is looked at all the same', () => {
    const options = {needed: false}
    expect(masterPassword(instanceDefaults, {}, options).problems).toEqual([])
    expect(masterPassword(instanceDefaults, {RDS_MASTER_PASSWORD: 'x'}, options).problems).toEqual([
      'RDS_MASTER_PASSWORD: the password has 1 characters: RDS takes 8 to 128 of them',
    ])
  })
})

describe('a password on the command line', () => {
  test.each(['s3cret-s3cret', '', '***'])('is refused and not repeated: %j', (given) => {
    expect(() => refusePasswordFlag(given)).toThrow('a password does not belong on a command line')
    try {
      refusePasswordFlag(given)
    } catch (error) {
      expect(error).toMatchObject({code: 'USAGE', exit: 2})
      expect(JSON.stringify(error)).not.toContain('s3cret')
    }
  })

  test('that is not there is no error', () => {
    expect(() => refusePasswordFlag(undefined)).not.toThrow()
  })
})
