import {describe, expect, test} from 'vitest'
import {GROUP, OWN, onRuleStage, RULE, TARGET, type Variables} from '../support/rule-stage.js'

const GROUP_UNSET =
  'DB_SG_ID is not set: it names the security group of the database; or give --group-id'
const RULE_UNSET =
  'DB_SG_RULE_ID is not set: it names the rule of it that admits you; or give --rule-id'
const FIND =
  'find both ids: aws ec2 describe-security-group-rules --filters Name=group-id,Values=sg-…'
const CORRECT = 'nothing was sent; correct it and run the command again'

const groupIs = (text: string, label = 'DB_SG_ID') =>
  `${label} is ${text}: the security group of the database has an id such as ${GROUP}`
const ruleIs = (text: string, label = 'DB_SG_RULE_ID') =>
  `${label} is ${text}: the rule of it that admits you has an id such as ${RULE}`

/** Runs it on a stage and expects exit 2 with these problems, the same in words and as JSON, and nothing sent. */
function expectProblems(
  args: readonly string[],
  env: Variables,
  problems: string[],
  hint: string,
): Promise<void> {
  return onRuleStage({}, async ({actions, asked, json, run}) => {
    const message = problems.join('\n')
    expect(await run(args, env)).toEqual({
      code: 2,
      stdout: '',
      stderr: `Error: ${message}\n  → ${hint}\n`,
    })
    expect(await json(args, env)).toEqual({
      code: 2,
      json: {error: {code: 'CONFIGURATION', message, hint, problems}},
    })
    expect([actions(), asked()]).toEqual(['', []])
  })
}

describe.concurrent('where the ids and the address are read', () => {
  const elsewhere = {DB_SG_ID: 'sg-0fedcba9876543210', DB_SG_RULE_ID: 'sgr-0fedcba9876543210'}
  const none = {DB_SG_ID: undefined, DB_SG_RULE_ID: undefined}
  const flags = ['--group-id', GROUP, '--rule-id', RULE]

  test.each<[string, string[], Variables, string]>([
    ['GITPOD_IP', [], {GITPOD_IP: '203.0.113.77'}, '203.0.113.77'],
    [
      'GITPOD_IP with blanks and a line end',
      [],
      {GITPOD_IP: ' \t203.0.113.77\r\n'},
      '203.0.113.77',
    ],
    ['GITPOD_IP with /32', [], {GITPOD_IP: '203.0.113.77/32'}, '203.0.113.77'],
    ['--ip', ['--ip', '203.0.113.78'], {}, '203.0.113.78'],
    ['--ip with /32', ['--ip', '203.0.113.78/32'], {}, '203.0.113.78'],
    [
      '--ip before GITPOD_IP',
      ['--ip', '203.0.113.78'],
      {GITPOD_IP: '203.0.113.77'},
      '203.0.113.78',
    ],
    [
      '--ip before a GITPOD_IP that is none',
      ['--ip', '203.0.113.78'],
      {GITPOD_IP: 'x'},
      '203.0.113.78',
    ],
    ['ids in flags alone', [...flags, '--ip', OWN], none, OWN],
    ['ids in flags before those of the variables', [...flags, '--ip', OWN], elsewhere, OWN],
    ['a private address, by way of a VPN', ['--ip', '10.1.2.3'], {}, '10.1.2.3'],
    ['another private address', ['--ip', '172.31.255.254'], {}, '172.31.255.254'],
    ['an address beside the private ones', ['--ip', '172.32.0.1'], {}, '172.32.0.1'],
  ])('%s', (_, args, env, address) =>
    onRuleStage({}, async ({asked, changes, run}) => {
      expect(await run(args, env)).toMatchObject({code: 0, stderr: TARGET})
      expect(changes()).toMatchObject([{CidrIpv4: `${address}/32`}])
      expect(asked()).toEqual([])
    }),
  )

  test.each([
    ['blanks and tabs', ` \t${GROUP}\t `, `\t ${RULE} \t`],
    ['a line end of Windows', `${GROUP}\r\n`, `${RULE}\r\n`],
  ])('ids with %s around them', (_, DB_SG_ID, DB_SG_RULE_ID) =>
    onRuleStage({}, async ({changes, run}) => {
      const {code, stderr} = await run([], {DB_SG_ID, DB_SG_RULE_ID})
      expect([code, stderr, changes().length]).toEqual([0, TARGET, 1])
    }),
  )

  test('an empty GITPOD_IP is none: the address is looked up', () =>
    onRuleStage({}, async ({asked, changes, run}) => {
      expect((await run([], {GITPOD_IP: ' '})).code).toBe(0)
      expect([asked(), changes()]).toMatchObject([['/ip'], [{CidrIpv4: `${OWN}/32`}]])
    }))

  test.each([
    '2001:0db8:0000:0000:0000:0000:0000:0009',
    '2001:DB8::9',
    '2001:db8:0:0::9/128',
    ' 2001:db8::0.0.0.9 ',
  ])('IPv6 in any spelling: %s', (ip) =>
    onRuleStage({rule: {cidrIpv6: '2001:db8::1/128'}}, async ({changes, run}) => {
      expect((await run(['--ip', ip])).code).toBe(0)
      expect(changes()).toMatchObject([{CidrIpv6: '2001:db8::9/128'}])
    }),
  )
})

describe.concurrent('what is missing or malformed', () => {
  test('nothing is set', () =>
    expectProblems(
      [],
      {DB_SG_ID: undefined, DB_SG_RULE_ID: undefined},
      [GROUP_UNSET, RULE_UNSET],
      FIND,
    ))

  test('empty and blank are not set', () =>
    expectProblems([], {DB_SG_ID: '', DB_SG_RULE_ID: ' \t'}, [GROUP_UNSET, RULE_UNSET], FIND))

  test('one is missing', () => expectProblems([], {DB_SG_RULE_ID: undefined}, [RULE_UNSET], FIND))

  test('the ids are swapped', () =>
    expectProblems(
      [],
      {DB_SG_ID: RULE, DB_SG_RULE_ID: GROUP},
      [groupIs(RULE), ruleIs(GROUP)],
      CORRECT,
    ))

  test('the flags are swapped', () =>
    expectProblems(
      ['--group-id', RULE, '--rule-id', GROUP],
      {},
      [groupIs(RULE, '--group-id'), ruleIs(GROUP, '--rule-id')],
      CORRECT,
    ))

  test('all of it at once', () =>
    expectProblems(
      ['--description', 'naïve'],
      {DB_SG_ID: 'cruddur', DB_SG_RULE_ID: undefined, GITPOD_IP: 'localhost'},
      [
        groupIs('cruddur'),
        RULE_UNSET,
        'GITPOD_IP is localhost: write one IP address, such as 203.0.113.9',
        '--description takes up to 255 of a-z A-Z 0-9, blanks and ._-:/()#,@[]+=&;{}!$*',
      ],
      FIND,
    ))

  test.each([
    ['two ids', `${GROUP},${GROUP}`],
    ['two ids with a blank', `${GROUP} ${GROUP}`],
    ['an id in quotes', `"${GROUP}"`],
    ['the prefix alone', 'sg-'],
    ['the name of the group', 'default'],
  ])('an id that is none: %s', (_, text) =>
    expectProblems([], {DB_SG_ID: text}, [groupIs(text)], CORRECT),
  )

  test('an id that would steer the terminal is harmless', () =>
    expectProblemsHarmless(
      {DB_SG_RULE_ID: 'sgr-\u001b[2J\u202e'},
      'DB_SG_RULE_ID is sgr-\\x1b[2J\\u202e:',
    ))

  test('a description of 256 characters', () =>
    expectProblems(
      ['--description', 'a'.repeat(256)],
      {},
      ['--description takes up to 255 of a-z A-Z 0-9, blanks and ._-:/()#,@[]+=&;{}!$*'],
      CORRECT,
    ))

  test.each(['0', '65536', '-1', '5432x', '54.32', ''])('--port %j', (port) =>
    onRuleStage({}, async ({actions, run}) => {
      const {code, stderr, stdout} = await run([`--port=${port}`])
      expect([code, stdout, actions()]).toEqual([2, '', ''])
      expect(stderr).toMatch(/^Error: --port: Expected an integer.*\n {2}→ see --help\n$/)
    }),
  )
})

function expectProblemsHarmless(env: Variables, shown: string): Promise<void> {
  return onRuleStage({}, async ({run}) => {
    const {code, stderr} = await run([], env)
    expect([code, stderr]).toEqual([2, expect.stringContaining(shown)])
    expect(stderr).not.toContain('\u001b')
    expect(stderr).not.toContain('\u202e')
  })
}

describe.concurrent('more or less than one address is refused, and nothing is sent', () => {
  const NETWORK = ': a rule is opened to one address, not to a network'
  const NONE = ': write one IP address, such as 203.0.113.9'
  const nobody = (kind: string) => `, ${kind} address, from which nobody reaches RDS`

  test.each([
    ['0.0.0.0/0', NETWORK],
    ['203.0.113.9/0', NETWORK],
    ['203.0.113.0/24', NETWORK],
    ['203.0.113.9/31', NETWORK],
    ['203.0.113.9/33', NETWORK],
    ['203.0.113.9/128', NETWORK],
    ['::/0', NETWORK],
    ['2001:db8::9/64', NETWORK],
    ['2001:db8::9/32', NETWORK],
    ['0.0.0.0', nobody('an unspecified')],
    ['0.1.2.3', nobody('an unspecified')],
    ['127.0.0.1', nobody('a loopback')],
    ['169.254.169.254', nobody('a link-local')],
    ['224.0.0.1', nobody('a multicast')],
    ['239.255.255.255', nobody('a multicast')],
    ['240.0.0.1', nobody('a reserved')],
    ['255.255.255.255', nobody('a reserved')],
    ['::', nobody('an unspecified')],
    ['0:0:0:0:0:0:0:0', nobody('an unspecified')],
    ['::1', nobody('a loopback')],
    ['0:0:0:0:0:0:0:1', nobody('a loopback')],
    ['0000::0001', nobody('a loopback')],
    ['FE80::1', nobody('a link-local')],
    ['FF02::1', nobody('a multicast')],
    ['::ffff:203.0.113.9', nobody('an IPv4-mapped')],
    ['0:0:0:0:0:FFFF:203.0.113.9', nobody('an IPv4-mapped')],
    ['2001:db8::9%eth0', NONE],
    ['fe80::1%eth0', NONE],
    ['203.0.113.9,203.0.113.10', NONE],
    ['203.0.113.9 203.0.113.10', NONE],
    ['203.0.113.9-203.0.113.10', NONE],
    ['203.0.113.009', NONE],
    ['203.0.113', NONE],
    ['3405803785', NONE],
    ['0xcb007109', NONE],
    ['203.0.113.9/', NONE],
    ['203.0.113.9/24/32', NONE],
    ['203.0.113.9:5432', NONE],
    ['[2001:db8::9]', NONE],
    ['2001:db8::9::', NONE],
    ['２０３.0.113.9', NONE],
    ['localhost', NONE],
    ['https://203.0.113.9', NONE],
  ])('%s', (text, words) =>
    onRuleStage({}, async ({actions, asked, json}) => {
      const {code, json: document} = await json(['--ip', text])
      const message = `--ip is ${text}${words}`
      expect([code, document]).toEqual([
        2,
        {error: {code: 'CONFIGURATION', message, hint: CORRECT, problems: [message]}},
      ])
      expect([actions(), asked()]).toEqual(['', []])
    }),
  )
})
