import {describe, expect, test} from 'vitest'
import {
  addressOf,
  cidrOf,
  type RuleFlags,
  readRuleRequest,
} from '../../../src/lib/aws/rule-request.js'
import {errorOf, problemsOf} from '../target/fixtures.js'

const GROUP = 'sg-0123456789abcdef0'
const RULE = 'sgr-0123456789abcdef0'
const ENV = {DB_SG_ID: GROUP, DB_SG_RULE_ID: RULE}

const read = (flags: RuleFlags = {}, env: Record<string, string> = {}) =>
  readRuleRequest(flags, {...ENV, ...env})

describe('what is read', () => {
  test('ids alone: everything else is as the rule has it', () => {
    expect(read()).toEqual({
      groupId: GROUP,
      ruleId: RULE,
      address: undefined,
      port: undefined,
      description: undefined,
    })
  })

  test('flags stand before variables', () => {
    const flags = {
      'group-id': 'sg-1a',
      'rule-id': 'sgr-1a',
      ip: '203.0.113.9',
      port: 6432,
      description: '',
    }
    expect(read(flags, {GITPOD_IP: '203.0.113.10'})).toEqual({
      groupId: 'sg-1a',
      ruleId: 'sgr-1a',
      address: {text: '203.0.113.9', family: 4},
      port: 6432,
      description: '',
    })
  })

  test.each([
    ['203.0.113.9', '203.0.113.9/32'],
    ['203.0.113.9/32', '203.0.113.9/32'],
    ['\t203.0.113.9 \r\n', '203.0.113.9/32'],
    ['10.0.0.7', '10.0.0.7/32'],
    ['100.64.0.1', '100.64.0.1/32'],
    ['2001:DB8::9', '2001:db8::9/128'],
    ['2001:db8:0:0:0:0:0:9/128', '2001:db8::9/128'],
    ['2001:0db8::0:0009', '2001:db8::9/128'],
    ['fd12:3456::1', 'fd12:3456::1/128'],
  ])('the address %j is %s', (ip, cidr) => {
    const {address} = read({}, {GITPOD_IP: ip})
    expect(address && cidrOf(address)).toBe(cidr)
  })

  test('blanks around a flag came with copying', () => {
    const flags = {'group-id': ` ${GROUP}\n`, 'rule-id': `\t${RULE}`, ip: ' 203.0.113.9 '}
    expect(readRuleRequest(flags, {})).toMatchObject({
      groupId: GROUP,
      ruleId: RULE,
      address: {text: '203.0.113.9'},
    })
  })

  test.each(['', ' ', '\t\r\n'])('a GITPOD_IP of %j is none', (text) => {
    expect(read({}, {GITPOD_IP: text}).address).toBeUndefined()
  })

  test('a description may use all that EC2 takes, up to 255 characters', () => {
    const description = 'aZ09 ._-:/()#,@[]+=&;{}!$*'.padEnd(255, 'x')
    expect(read({description}).description).toBe(description)
  })
})

describe('what is refused', () => {
  test('every problem at once, in the order of the flags', () => {
    const flags = {'group-id': 'x', ip: 'y', description: 'z"'}
    const error = errorOf(() => readRuleRequest(flags, {}))
    expect([error.code, error.exit]).toEqual(['CONFIGURATION', 2])
    expect(error.data['problems']).toEqual([
      expect.stringMatching(/^--group-id is x: /),
      expect.stringMatching(/^DB_SG_RULE_ID is not set: /),
      expect.stringMatching(/^--ip is y: /),
      expect.stringMatching(/^--description takes /),
    ])
    expect(error.message.split('\n')).toEqual(error.data['problems'])
  })

  test.each([
    'sg',
    'sg-',
    'sgr-0123456789abcdef0',
    ' sg-1 sg-2 ',
    'sg-1,sg-2',
    'sg-0123456789abcdef0/../x',
    'sg-é',
    'sg-1\nsg-2',
    'xsg-1',
  ])('the group id %j', (text) => {
    expect(problemsOf(() => read({}, {DB_SG_ID: text}))).toHaveLength(1)
  })

  test.each(['sg-0123456789abcdef0', 'sgr_1', 'sgr-', 'sgr-1;sgr-2'])('the rule id %j', (text) => {
    expect(problemsOf(() => read({}, {DB_SG_RULE_ID: text}))).toHaveLength(1)
  })

  test.each([
    ...[
      '0.0.0.0/0',
      '203.0.113.9/31',
      '203.0.113.9/33',
      '203.0.113.9/0',
      '::/0',
      '2001:db8::9/127',
      '2001:db8::9/32',
    ],
    ...['0.0.0.0', '127.0.0.1', '169.254.1.1', '224.0.0.1', '255.255.255.255'],
    ...['::', '::1', '0::1', '0:0:0:0:0:0:0:1', 'fe80::1', 'ff02::1', '::ffff:203.0.113.9'],
    ...['0:0:0:0:0:ffff:203.0.113.9', '2001:db8::9%eth0', 'fe80::1%1', '203.0.113.9%eth0'],
    ...[
      '1.2.3',
      '1.2.3.4.5',
      '1.2.3.256',
      '01.2.3.4',
      '0x1.2.3.4',
      '203.0.113.9/',
      '/32',
      '1.2.3.4/-0',
    ],
    ...[
      '203.0.113.9 203.0.113.10',
      '203.0.113.9\n203.0.113.10',
      '[::2]',
      'localhost',
      'http://1.2.3.4',
    ],
  ])('the address %j', (ip) => {
    const problems = problemsOf(() => read({ip}))
    expect(problems).toEqual([expect.stringMatching(/^--ip is /)])
  })

  test('ids that are empty, as variables that are not set make them', () => {
    expect(problemsOf(() => read({'group-id': '', 'rule-id': ' '}))).toEqual([
      '--group-id is empty: it names the security group of the database',
      '--rule-id is empty: it names the rule of it that admits you',
    ])
  })

  test('an --ip that is empty, as a variable that is not set makes it', () => {
    expect(problemsOf(() => read({ip: ' '}, {GITPOD_IP: '203.0.113.9'}))).toEqual([
      '--ip is empty: write one IP address, or leave it out',
    ])
  })

  test('the way to the ids is hinted at only where an id is missing', () => {
    const hintOf = (flags: RuleFlags, env: Record<string, string> = {}) =>
      errorOf(() => read(flags, env)).details.hint
    const find =
      'find both ids: aws ec2 describe-security-group-rules --filters Name=group-id,Values=sg-…'
    expect(hintOf({ip: 'x'})).toBe('nothing was sent; correct it and run the command again')
    expect([hintOf({}, {DB_SG_ID: ''}), hintOf({}, {DB_SG_RULE_ID: ''})]).toEqual([find, find])
  })

  test.each(['é', 'a"b', "it's", 'a\nb', 'a\tb', 'a'.repeat(256), '<b>', 'a\\b', 'a|b'])(
    'the description %j',
    (description) => {
      expect(problemsOf(() => read({description}))).toHaveLength(1)
    },
  )

  test('nothing of a hostile value reaches the terminal as it is', () => {
    const error = errorOf(() => read({ip: '\u001b[2J'}, {DB_SG_ID: '\u202e\u0007'}))
    expect(error.message).not.toMatch(/[^\P{C}\n]/u)
  })
})

test.each([
  ['2001:DB8:0::9', '2001:db8::9', 6],
  ['203.0.113.9', '203.0.113.9', 4],
] as const)('the address %s is %s', (text, canonical, family) => {
  expect(addressOf(text)).toEqual({text: canonical, family})
})
