import {describe, expect, test} from 'vitest'
import bodies from '../fixtures/aws/bodies.json' with {type: 'json'}
import {type FakeRule, fakeRule} from '../support/aws/fake-aws.js'
import {GROUP, OWN, onRuleStage, RULE, TARGET} from '../support/rule-stage.js'

const OTHER = 'sgr-0aaaaaaaaaaaaaaaa'
const BEFORE = '198.51.100.7/32'
const AFTER = `${OWN}/32`
/** The change that every test begins with: the default rule, opened to this machine. */
const CHANGE = {
  IpProtocol: 'tcp',
  FromPort: '5432',
  ToPort: '5432',
  CidrIpv4: AFTER,
  Description: 'GITPOD',
}
const RULE_JSON = {
  groupId: GROUP,
  ruleId: RULE,
  cidr: AFTER,
  protocol: 'tcp',
  port: 5432,
  toPort: 5432,
  description: 'GITPOD',
}

const bodyOf = (name: string) => bodies.find((recorded) => recorded.name === name)?.body ?? ''
/** The fields of a form, whose order means nothing. */
const fields = (body: string) => Object.fromEntries(new URLSearchParams(body))

describe.concurrent('the rule is opened to this machine', () => {
  test('whose address is looked up, and read back', () =>
    onRuleStage({}, async ({actions, asked, changes, fake, run}) => {
      expect(await run()).toEqual({
        code: 0,
        stdout: `${RULE} now admits ${AFTER} on tcp 5432; before: ${BEFORE}\n`,
        stderr: TARGET,
      })
      expect([actions(), asked(), changes()]).toEqual(['DMD', ['/ip'], [CHANGE]])
      expect(fake.rules.get(RULE)).toEqual(fakeRule({cidrIpv4: AFTER}))
    }))

  test('told as JSON', () =>
    onRuleStage({}, async ({run}) => {
      const {code, stderr, stdout} = await run(['--json'])
      expect([code, stderr, JSON.parse(stdout)]).toEqual([
        0,
        TARGET,
        {
          target: null,
          rule: RULE_JSON,
          previous: {...RULE_JSON, cidr: BEFORE},
          previousCidr: BEFORE,
          changed: true,
          outcome: 'changed',
          duplicateOf: null,
        },
      ])
    }))

  test('when it was open to everybody', () =>
    onRuleStage({rule: {cidrIpv4: '0.0.0.0/0'}}, async ({changes, json}) => {
      expect(await json()).toMatchObject({
        code: 0,
        json: {changed: true, previousCidr: '0.0.0.0/0', rule: {cidr: AFTER}},
      })
      expect(changes()).toEqual([CHANGE])
    }))

  test('when it was open to a network that holds this machine', () =>
    onRuleStage({rule: {cidrIpv4: '203.0.113.0/24'}}, async ({changes, json}) => {
      expect(await json()).toMatchObject({code: 0, json: {previousCidr: '203.0.113.0/24'}})
      expect(changes()).toEqual([CHANGE])
    }))

  test('by IPv6, when the rule is for it', () =>
    onRuleStage(
      {rule: {cidrIpv6: '::/0'}, answer: () => ({body: '2001:0DB8:0:0:0:0:0:9\n'})},
      async ({changes, run}) => {
        expect(await run()).toMatchObject({
          code: 0,
          stdout: `${RULE} now admits 2001:db8::9/128 on tcp 5432; before: ::/0\n`,
        })
        const {CidrIpv4: _, ...rest} = CHANGE
        expect(changes()).toEqual([{...rest, CidrIpv6: '2001:db8::9/128'}])
      },
    ))
})

describe.concurrent('what is sent is what the aws command sends', () => {
  test.each([
    ['modify the rule', {}, ['--ip', '203.0.113.9']],
    ['modify a rule of IPv6', {cidrIpv6: '2001:db8::1/128'}, ['--ip', '2001:db8::9']],
    ['modify the rule, dry run', {}, ['--ip', '203.0.113.9', '--dry-run']],
  ] as const)('to %s', (name, rule, args) =>
    onRuleStage({rule}, async ({fake, run}) => {
      expect((await run(args)).code).toBe(0)
      const sent = fake.requests.slice(0, 2).map(({body}) => fields(body))
      expect(sent).toEqual([fields(bodyOf('describe the rule')), fields(bodyOf(name))])
    }),
  )
})

describe.concurrent('what is right already is left alone', () => {
  test.each<[string, Partial<FakeRule>, string[]]>([
    ['the address', {cidrIpv4: AFTER}, []],
    [
      'address, port and description',
      {cidrIpv4: AFTER},
      ['--port', '5432', '--description', 'GITPOD'],
    ],
    [
      'an IPv6 address written in another way',
      {cidrIpv6: '2001:db8::9/128'},
      ['--ip', '2001:0DB8:0::0009/128'],
    ],
    [
      'no description, where none is wanted',
      {cidrIpv4: AFTER, description: ''},
      ['--description', ''],
    ],
    ['a dry run', {cidrIpv4: AFTER}, ['--dry-run']],
  ])('%s', (_, rule, args) =>
    onRuleStage({rule}, async ({actions, json, run}) => {
      const cidr = rule.cidrIpv6 ?? AFTER
      expect(await run(args)).toEqual({
        code: 0,
        stdout: `${RULE} admits ${cidr} on tcp 5432 already: nothing to do\n`,
        stderr: TARGET,
      })
      expect(await json(args)).toMatchObject({
        code: 0,
        json: {changed: false, outcome: 'unchanged', previousCidr: cidr, rule: {cidr}},
      })
      expect(actions()).toBe('DD')
    }),
  )

  test('a second run changes nothing more', () =>
    onRuleStage({}, async ({changes, run}) => {
      expect((await run()).stdout).toContain('now admits')
      expect((await run()).stdout).toContain('nothing to do')
      expect(changes()).toHaveLength(1)
    }))
})

describe.concurrent('what is not meant to change is sent as it was', () => {
  const everyPort = {ipProtocol: '-1', fromPort: -1, toPort: -1}

  test.each<[string, Partial<FakeRule>, Record<string, string>, string]>([
    [
      'a range of ports',
      {fromPort: 5000, toPort: 6000},
      {FromPort: '5000', ToPort: '6000'},
      'tcp 5000-6000',
    ],
    [
      'every TCP port',
      {fromPort: 0, toPort: 65_535},
      {FromPort: '0', ToPort: '65535'},
      'tcp 0-65535',
    ],
    ['every protocol', everyPort, {IpProtocol: '-1', FromPort: '-1', ToPort: '-1'}, 'every port'],
    [
      'UDP',
      {ipProtocol: 'udp', fromPort: 53, toPort: 53},
      {IpProtocol: 'udp', FromPort: '53', ToPort: '53'},
      'udp 53',
    ],
  ])('%s', (_, rule, sent, words) =>
    onRuleStage({rule}, async ({changes, fake, run}) => {
      expect(await run()).toMatchObject({
        code: 0,
        stdout: `${RULE} now admits ${AFTER} on ${words}; before: ${BEFORE}\n`,
      })
      expect(changes()).toEqual([{...CHANGE, ...sent}])
      expect(fake.rules.get(RULE)).toEqual(fakeRule({...rule, cidrIpv4: AFTER}))
    }),
  )

  test('a type of ICMP, which has no port', () =>
    onRuleStage({rule: {ipProtocol: 'icmp', fromPort: 8, toPort: -1}}, async ({changes, run}) => {
      const {code, stdout} = await run()
      expect(changes()).toEqual([{...CHANGE, IpProtocol: 'icmp', FromPort: '8', ToPort: '-1'}])
      expect([code, stdout]).toEqual([0, expect.not.stringContaining('null')])
    }))

  test('a description in every character EC2 knows', () => {
    const description = 'a Z9 ._-:/()#,@[]+=&;{}!$*'
    return onRuleStage({rule: {description}}, async ({changes, json}) => {
      expect(await json()).toMatchObject({code: 0, json: {rule: {description}}})
      expect(changes()).toEqual([{...CHANGE, Description: description}])
    })
  })

  test('the lack of a description', () =>
    onRuleStage({rule: {description: ''}}, async ({changes, json}) => {
      expect(await json()).toMatchObject({code: 0, json: {rule: {description: null}}})
      const {Description: _, ...rest} = CHANGE
      expect(changes()).toEqual([rest])
    }))
})

describe.concurrent('what is told to change is changed', () => {
  test('--port, in place of a range', () =>
    onRuleStage({rule: {fromPort: 5000, toPort: 6000}}, async ({changes, json}) => {
      expect(await json(['--port', '6432'])).toMatchObject({
        code: 0,
        json: {changed: true, rule: {port: 6432, toPort: 6432}},
      })
      expect(changes()).toEqual([{...CHANGE, FromPort: '6432', ToPort: '6432'}])
    }))

  test('--port, where the address is right already', () =>
    onRuleStage({rule: {cidrIpv4: AFTER}}, async ({changes, json}) => {
      expect(await json(['--port', '1'])).toMatchObject({code: 0, json: {changed: true}})
      expect(changes()).toEqual([{...CHANGE, FromPort: '1', ToPort: '1'}])
    }))

  test('--description, where the address is right already', () =>
    onRuleStage({rule: {cidrIpv4: AFTER}}, async ({changes, json}) => {
      expect(await json(['--description', 'home (fibre) & more'])).toMatchObject({
        code: 0,
        json: {changed: true, previousCidr: AFTER, rule: {description: 'home (fibre) & more'}},
      })
      expect(changes()).toEqual([{...CHANGE, Description: 'home (fibre) & more'}])
    }))

  test('an empty --description clears it', () =>
    onRuleStage({}, async ({changes, fake, json}) => {
      expect(await json(['--description', ''])).toMatchObject({
        code: 0,
        json: {rule: {description: null}},
      })
      const {Description: _, ...rest} = CHANGE
      expect(changes()).toEqual([rest])
      expect(fake.rules.get(RULE)?.description).toBeUndefined()
    }))

  test.each([
    ['every protocol', {ipProtocol: '-1', fromPort: -1, toPort: -1}],
    ['UDP', {ipProtocol: 'udp'}],
  ])('--port means nothing to a rule for %s', (_, rule) =>
    onRuleStage({rule}, async ({actions, run}) => {
      expect(await run(['--port', '5432'])).toEqual({
        code: 1,
        stdout: '',
        stderr: `${TARGET}Error: the rule ${RULE} is not for tcp, so --port means nothing to it\n  → leave --port out, or name a tcp rule\n`,
      })
      expect(actions()).toBe('D')
    }),
  )
})

describe.concurrent('a rule that is no door for one address is refused, and nothing is sent', () => {
  const TYPE = 'AWS does not change the type of a rule'

  test.each<[string, Partial<FakeRule>, string[], string, string]>([
    [
      'egress',
      {isEgress: true},
      [],
      `the rule ${RULE} is for traffic that leaves the database (egress)`,
      'name an inbound rule in DB_SG_RULE_ID',
    ],
    [
      'of another group',
      {groupId: 'sg-0fedcba9876543210'},
      [],
      `the rule ${RULE} belongs to the group sg-0fedcba9876543210, not to ${GROUP}`,
      'correct DB_SG_ID or DB_SG_RULE_ID',
    ],
    [
      'for a prefix list',
      {prefixListId: 'pl-0123456789abcdef0'},
      [],
      `the rule ${RULE} admits a group or a prefix list, not an address`,
      `name a rule with an address in DB_SG_RULE_ID: ${TYPE}`,
    ],
    [
      'for another group',
      {referencedGroupId: 'sg-0fedcba9876543210'},
      [],
      `the rule ${RULE} admits a group or a prefix list, not an address`,
      `name a rule with an address in DB_SG_RULE_ID: ${TYPE}`,
    ],
    [
      'for IPv4, with an IPv6 address',
      {},
      ['--ip', '2001:DB8::9'],
      `the rule ${RULE} is for IPv4, and 2001:db8::9 is IPv6`,
      `name an IPv4 address with --ip, or another rule: ${TYPE}`,
    ],
    [
      'for IPv6, with an IPv4 address',
      {cidrIpv6: '2001:db8::1/128'},
      ['--ip', '203.0.113.9'],
      `the rule ${RULE} is for IPv6, and 203.0.113.9 is IPv4`,
      `name an IPv6 address with --ip, or another rule: ${TYPE}`,
    ],
  ])('%s', (_, rule, args, message, hint) =>
    onRuleStage({rule}, async ({actions, json, run}) => {
      expect(await run(args)).toEqual({
        code: 1,
        stdout: '',
        stderr: `${TARGET}Error: ${message}\n  → ${hint}\n`,
      })
      expect(await json(args)).toEqual({
        code: 1,
        json: {error: {code: 'RULE_MISMATCH', message, hint}},
      })
      expect(actions()).toBe('DD')
    }),
  )
})

describe.concurrent('a rule that says the same already', () => {
  const elsewhere = (changes: Partial<FakeRule> & {id: string}) =>
    fakeRule({cidrIpv4: AFTER, ...changes})

  test('is success, and named', () =>
    onRuleStage({}, async ({actions, fake, json, run}) => {
      fake.rules.set(OTHER, elsewhere({id: OTHER, description: 'home'}))
      expect(await run()).toEqual({
        code: 0,
        stdout: `another rule of ${GROUP}, ${OTHER}, admits this address already; ${RULE} stays at ${BEFORE} on tcp 5432\n`,
        stderr: TARGET,
      })
      expect(actions()).toBe('DMD')
      expect(await json()).toEqual({
        code: 0,
        json: {
          target: null,
          rule: {...RULE_JSON, cidr: BEFORE},
          previous: {...RULE_JSON, cidr: BEFORE},
          previousCidr: BEFORE,
          changed: false,
          outcome: 'duplicate',
          duplicateOf: OTHER,
        },
      })
      expect(fake.rules.get(RULE)).toEqual(fakeRule())
    }))

  test('is found in a dry run too', () =>
    onRuleStage({}, async ({fake, json}) => {
      fake.rules.set(OTHER, elsewhere({id: OTHER}))
      expect(await json(['--dry-run'])).toMatchObject({code: 0, json: {duplicateOf: OTHER}})
    }))

  test('is success, though it cannot be found any more', () =>
    onRuleStage({}, async ({fake, run}) => {
      fake.fail('ModifySecurityGroupRules', {code: 'InvalidPermission.Duplicate', times: 1})
      expect(await run()).toMatchObject({
        code: 0,
        stdout: `another rule of ${GROUP} admits this address already; ${RULE} stays at ${BEFORE} on tcp 5432\n`,
      })
    }))

  test('is told from those that only look alike', () =>
    onRuleStage({}, async ({fake, json}) => {
      const alike = [
        elsewhere({id: 'sgr-01111111111111111', ipProtocol: 'udp'}),
        elsewhere({id: 'sgr-02222222222222222', toPort: 5440}),
        elsewhere({id: 'sgr-03333333333333333', isEgress: true}),
        elsewhere({id: 'sgr-04444444444444444', groupId: 'sg-0fedcba9876543210'}),
        elsewhere({id: 'sgr-05555555555555555', cidrIpv4: '203.0.113.0/24'}),
      ]
      for (const rule of [...alike, elsewhere({id: OTHER})]) fake.rules.set(rule.id, rule)
      expect(await json()).toMatchObject({code: 0, json: {duplicateOf: OTHER}})
    }))

  test('is told from another protocol that has no ports either', () => {
    const every = {ipProtocol: '-1', fromPort: -1, toPort: -1}
    return onRuleStage({rule: every}, async ({fake, json}) => {
      const ping = 'sgr-01111111111111111'
      fake.rules.set(ping, elsewhere({...every, id: ping, ipProtocol: 'icmp'}))
      fake.rules.set(OTHER, elsewhere({...every, id: OTHER}))
      expect(await json()).toMatchObject({code: 0, json: {duplicateOf: OTHER}})
    })
  })
})

describe.concurrent('--dry-run', () => {
  test('asks EC2 and changes nothing', () =>
    onRuleStage({}, async ({actions, changes, fake, json, run}) => {
      expect(await run(['--dry-run'])).toEqual({
        code: 0,
        stdout: `EC2 would change ${RULE} to admit ${AFTER} on tcp 5432; now: ${BEFORE}\n`,
        stderr: TARGET,
      })
      expect([actions(), changes()]).toEqual(['DM', [{...CHANGE, DryRun: 'true'}]])
      expect(await json(['--dry-run'])).toEqual({
        code: 0,
        json: {
          target: null,
          rule: RULE_JSON,
          previous: {...RULE_JSON, cidr: BEFORE},
          previousCidr: BEFORE,
          changed: false,
          outcome: 'would-change',
          duplicateOf: null,
        },
      })
      expect(fake.rules.get(RULE)).toEqual(fakeRule())
    }))

  test('says so when EC2 would not', () =>
    onRuleStage({}, async ({changes, fake, json}) => {
      fake.fail('ModifySecurityGroupRules', {code: 'UnauthorizedOperation'})
      expect(await json(['--dry-run'])).toMatchObject({
        code: 1,
        json: {error: {code: 'AWS_DENIED'}},
      })
      expect(changes()).toEqual([{...CHANGE, DryRun: 'true'}])
      expect(fake.rules.get(RULE)).toEqual(fakeRule())
    }))
})
