import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {admits, examineReach, type Reachability} from '../../../src/lib/aws/reachability.js'
import type {Rule} from '../../../src/lib/aws/rule.js'
import {CruddurError} from '../../../src/lib/error.js'
import {type AddressServer, startAddressServer} from '../../support/aws/address-server.js'
import {type FakeAws, fakeRule, startFakeAws} from '../../support/aws/fake-aws.js'

const HOST = {host: 'db.abc.eu-west-1.rds.amazonaws.com', port: 5432}
const GROUP = 'sg-0123456789abcdef0'
const RULE = 'sgr-0123456789abcdef0'
const OPEN = 'let this machine in: cruddur-db rds-update-sg-rule --region eu-west-1'

let fake: FakeAws
let addresses: AddressServer
let answer: string | 'silence'

beforeAll(async () => {
  fake = await startFakeAws()
  addresses = await startAddressServer(() => (answer === 'silence' ? answer : {body: answer}))
  // The SDK reads the process's variables.
  Object.assign(process.env, fake.env, {CRUDDUR_DB_IP_URLS: addresses.url})
})
afterAll(async () => {
  for (const name of [...Object.keys(fake.env), 'CRUDDUR_DB_IP_URLS']) delete process.env[name]
  await fake.close()
  await addresses.close()
})
beforeEach(() => {
  answer = '203.0.113.9\n'
  fake.requests.length = 0
  fake.rules.clear()
  fake.fail('DescribeSecurityGroupRules', {times: 0})
})

function examine(
  env: Record<string, string> = {},
  host = HOST,
  signal = new AbortController().signal,
): Promise<Reachability> {
  const all = {DB_SG_ID: GROUP, DB_SG_RULE_ID: RULE, ...env}
  return examineReach(host, all, {limitMs: 2000, signal})
}

describe('why an RDS host is silent', () => {
  test('the rule admits somebody else', async () => {
    fake.rules.set(RULE, fakeRule({cidrIpv4: '198.51.100.7/32'}))
    const reach = await examine()
    expect(reach).toMatchObject({address: '203.0.113.9', admitted: false, hint: OPEN})
    expect(reach.lines).toEqual([
      "this machine's address is 203.0.113.9",
      `the rule ${RULE} of ${GROUP} admits 198.51.100.7/32 on tcp 5432: not this machine`,
    ])
  })

  test('the rule admits this machine, so something else is wrong', async () => {
    fake.rules.set(RULE, fakeRule({cidrIpv4: '203.0.113.0/24'}))
    const reach = await examine()
    expect(reach.admitted).toBe(true)
    expect(reach.lines[1]).toBe(
      `the rule ${RULE} of ${GROUP} admits 203.0.113.0/24 on tcp 5432: this machine`,
    )
    expect(reach.hint).toMatch(/^the door is open, so see whether the instance runs/)
  })

  test('the rule admits this machine to another port', async () => {
    fake.rules.set(RULE, fakeRule({cidrIpv4: '203.0.113.9/32'}))
    const reach = await examine({}, {...HOST, port: 5433})
    expect(reach.lines[1]).toMatch(/on tcp 5432: this machine, but not to port 5433$/)
    expect(reach).toMatchObject({admitted: false, hint: `${OPEN} --port 5433`})
  })

  test('the rule is for IPv6, of which nothing can be said', async () => {
    fake.rules.set(RULE, fakeRule({cidrIpv6: '2001:db8::1/128'}))
    const reach = await examine()
    expect(reach).toMatchObject({admitted: null, hint: OPEN})
    expect(reach.lines[1]).toMatch(/admits 2001:db8::1\/128 on tcp 5432$/)
  })

  test('EC2 is asked in the region of the host, not in that of the variables', async () => {
    fake.rules.set(RULE, fakeRule({}))
    await examine({AWS_REGION: 'ca-central-1'})
    expect(fake.requests.map(({headers}) => headers.authorization)).toEqual([
      expect.stringContaining('/eu-west-1/ec2/aws4_request'),
    ])
  })

  test('EC2 is asked in the region of the variables where the host does not tell its own', async () => {
    fake.rules.set(RULE, fakeRule({}))
    await examine(
      {AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-west-3'},
      {
        ...HOST,
        host: 'db.rds.amazonaws.com',
      },
    )
    expect(fake.requests.map(({headers}) => headers.authorization)).toEqual([
      expect.stringContaining('/eu-west-3/ec2/aws4_request'),
    ])
  })

  test.each([
    ['DB_SG_ID', ''],
    ['DB_SG_RULE_ID', ' \t'],
  ])('without %s nobody is asked about the rule', async (name, value) => {
    const reach = await examine({[name]: value})
    expect(fake.requests).toEqual([])
    expect(reach.lines[1]).toBe(
      'the security group was not looked at: DB_SG_ID and DB_SG_RULE_ID are not set',
    )
    expect(reach.hint).toMatch(/^set DB_SG_ID and DB_SG_RULE_ID to the security group/)
  })

  test.each([
    [
      {code: 'UnauthorizedOperation', status: 403},
      'these AWS credentials may not do ec2:DescribeSecurityGroupRules',
    ],
    [{code: 'AuthFailure', status: 401}, 'AWS does not accept these credentials'],
    [{how: 'silence' as const}, 'no answer in time'],
  ])('a rule that cannot be read (%j) is told as that', async (failure, words) => {
    fake.fail('DescribeSecurityGroupRules', failure)
    const reach = await examine()
    expect(reach).toMatchObject({rule: null, admitted: null, trouble: words, hint: OPEN})
    expect(reach.lines[1]).toBe(`the security group could not be looked at: ${words}`)
  })

  test('a rule of another group is not compared', async () => {
    fake.rules.set(RULE, fakeRule({groupId: 'sg-0fedcba9876543210'}))
    expect((await examine()).lines[1]).toMatch(
      /^the security group could not be looked at: the rule \S+ belongs to the group sg-0fedcba9876543210/,
    )
  })

  test('an address that cannot be found in time is told as not known', async () => {
    answer = 'silence'
    fake.rules.set(RULE, fakeRule({}))
    const reach = await examine()
    expect(reach).toMatchObject({address: null, admitted: null, hint: OPEN})
    expect(reach.lines[0]).toBe("this machine's address is not known")
  })

  test('the command that opens the door is told with what it needs to look in the same place', async () => {
    const {hint} = await examineReach(
      HOST,
      {DB_SG_ID: GROUP, DB_SG_RULE_ID: RULE, AWS_REGION: 'eu-west-1'},
      {envFile: 'my prod.env', limitMs: 2000, signal: new AbortController().signal},
    )
    expect(hint).toBe("let this machine in: cruddur-db rds-update-sg-rule --env-file 'my prod.env'")
  })

  test('a region that cannot be one does not hide why the host is silent', async () => {
    fake.rules.set(RULE, fakeRule({}))
    const {hint, trouble} = await examine({AWS_REGION: 'no region'})
    expect({hint, trouble}).toEqual({hint: OPEN, trouble: undefined})
  })

  test('nor does a GITPOD_IP that is no address', async () => {
    fake.rules.set(RULE, fakeRule({}))
    const {rule, trouble} = await examine({GITPOD_IP: 'nonsense'})
    expect([rule?.ruleId, trouble]).toEqual([RULE, undefined])
  })

  test('keys of the environment file log in', async () => {
    const keys = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']
    const file = Object.fromEntries(keys.map((name) => [name, fake.env[name] ?? '']))
    for (const name of keys) delete process.env[name]
    try {
      fake.rules.set(RULE, fakeRule({}))
      expect((await examine(file)).rule?.ruleId).toBe(RULE)
    } finally {
      Object.assign(process.env, fake.env)
    }
  })

  test('an interruption ends it at once, with its own reason', async () => {
    answer = 'silence'
    fake.fail('DescribeSecurityGroupRules', {how: 'silence'})
    const controller = new AbortController()
    const reason = new CruddurError('INTERRUPTED', 'interrupted', {exit: 130})
    const examining = examine({}, HOST, controller.signal)
    controller.abort(reason)
    await expect(examining).rejects.toBe(reason)
  })
})

describe('admits', () => {
  const rule: Rule = {
    groupId: GROUP,
    ruleId: RULE,
    cidr: '203.0.113.9/32',
    protocol: 'tcp',
    port: 5432,
    toPort: 5432,
    description: null,
  }
  test.each([
    [{}, true],
    [{cidr: '0.0.0.0/0'}, true],
    [{cidr: '203.0.113.8/31'}, true],
    [{cidr: '203.0.113.10/31'}, false],
    [{cidr: '2001:db8::/32'}, null],
    [{port: 5000, toPort: 6000}, true],
    [{port: 5433, toPort: 6000}, false],
    [{port: 5000, toPort: 5431}, false],
    [{protocol: '6'}, true],
    [{protocol: 'udp'}, false],
    [{protocol: '-1', port: null, toPort: null}, true],
  ])('%j: %s', (changes, expected) => {
    expect(admits({...rule, ...changes}, '203.0.113.9', 5432)).toBe(expected)
  })
})
