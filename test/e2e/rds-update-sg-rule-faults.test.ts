import {createServer, type ServerResponse} from 'node:http'
import {describe, expect, test} from 'vitest'
import type {Failure} from '../support/aws/fake-aws.js'
import {fakeRule} from '../support/aws/fake-aws.js'
import {listen} from '../support/aws/server.js'
import {GROUP, OWN, onRuleStage, RULE, TARGET} from '../support/rule-stage.js'

const IP = ['--ip', OWN]
const READ = 'DescribeSecurityGroupRules'
const CHANGE = 'ModifySecurityGroupRules'
const REQUEST_ID = expect.stringMatching(/^[0-9a-f-]{36}$/)

const LOGIN =
  'check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or log in again'
const AGAIN = 'correct what it names, then run the command again'

interface Told {
  exit: number
  code: string
  message: string
  hint: string
}

const login = (message: string, hint = LOGIN): Told => ({
  exit: 3,
  code: 'AWS_CREDENTIALS',
  message,
  hint,
})
const refused = (message: string, hint: string): Told => ({
  exit: 1,
  code: 'AWS_REFUSED',
  message,
  hint,
})
const notFound = (message: string, hint: string): Told => ({
  exit: 1,
  code: 'AWS_NOT_FOUND',
  message,
  hint,
})

describe.concurrent('what EC2 answers is told in words, with its own behind them', () => {
  test.each<[string, Told]>([
    [
      'InvalidSecurityGroupRuleId.NotFound',
      notFound(
        'there is no such security group rule in this region',
        'correct DB_SG_RULE_ID, or AWS_REGION when the rule is in another region',
      ),
    ],
    [
      'InvalidSecurityGroupRuleId.Malformed',
      refused('the rule id is not one of AWS: it begins with sgr-', 'correct DB_SG_RULE_ID'),
    ],
    [
      'InvalidGroup.NotFound',
      notFound(
        'there is no such security group in this region',
        'correct DB_SG_ID, or AWS_REGION when the group is in another region',
      ),
    ],
    [
      'InvalidGroupId.Malformed',
      refused('the group id is not one of AWS: it begins with sg-', 'correct DB_SG_ID'),
    ],
    ['InvalidParameterValue', refused(`AWS refuses ec2:${CHANGE}`, AGAIN)],
    ['InvalidParameterCombination', refused(`AWS refuses ec2:${CHANGE}`, AGAIN)],
    ['MissingParameter', refused(`AWS refuses ec2:${CHANGE}`, AGAIN)],
    ['AuthFailure', login('AWS does not accept these credentials')],
    [
      'RequestExpired',
      login(
        'AWS finds the request too old, or the session has expired',
        "check this machine's clock, then log in again: aws sso login",
      ),
    ],
    ['InvalidClientTokenId', login('AWS does not know this access key')],
    ['ExpiredToken', login('the AWS session has expired', 'log in again: aws sso login')],
    [
      'RulesPerSecurityGroupLimitExceeded',
      {
        exit: 1,
        code: 'AWS_QUOTA',
        message: 'the security group has as many rules as it may',
        hint: 'delete what is not needed, or ask for more in the Service Quotas console',
      },
    ],
    [
      'InternalError',
      {
        exit: 1,
        code: 'AWS_FAILED',
        message: `AWS failed at ec2:${CHANGE}`,
        hint: 'try again in a minute; https://health.aws.amazon.com tells of disturbances',
      },
    ],
    ['Some.NewCode', refused(`AWS refuses ec2:${CHANGE}`, AGAIN)],
  ])('%s', (awsCode, {code, exit, hint, message}) =>
    onRuleStage({}, async ({fake, json, run}) => {
      const detail = `${awsCode}, in AWS's own words`
      fake.fail(CHANGE, {code: awsCode, message: detail})
      expect(await run(IP)).toEqual({
        code: exit,
        stdout: '',
        stderr: `${TARGET}Error: ${message}\n  detail: ${detail}\n  → ${hint}\n`,
      })
      expect(await json(IP)).toEqual({
        code: exit,
        json: {error: {code, message, hint, detail, awsCode, requestId: REQUEST_ID}},
      })
      expect(fake.rules.get(RULE)).toEqual(fakeRule())
    }),
  )

  test.each<[string, number, string]>([
    ['InvalidSecurityGroupRuleId.NotFound', 1, 'AWS_NOT_FOUND'],
    ['InvalidSecurityGroupRuleId.Malformed', 1, 'AWS_REFUSED'],
    ['InvalidPermission.Duplicate', 1, 'AWS_REFUSED'],
    ['DryRunOperation', 1, 'AWS_REFUSED'],
    ['AuthFailure', 3, 'AWS_CREDENTIALS'],
    ['RequestExpired', 3, 'AWS_CREDENTIALS'],
    ['ExpiredToken', 3, 'AWS_CREDENTIALS'],
    ['UnauthorizedOperation', 1, 'AWS_DENIED'],
  ])('%s at reading ends it, and nothing is sent', (awsCode, code, ours) =>
    onRuleStage({}, async ({actions, fake, json}) => {
      fake.fail(READ, {code: awsCode})
      expect(await json(IP)).toMatchObject({code, json: {error: {code: ours, awsCode}}})
      expect(actions()).toBe('D')
    }),
  )

  test('what EC2 says cannot steer the terminal', () =>
    onRuleStage({}, async ({fake, run}) => {
      fake.fail(READ, {code: 'InvalidParameterValue', message: 'a\u001b[2J\u202eb'})
      const {stderr} = await run(IP)
      expect(stderr).toContain('detail: a\\x1b[2J\\u202eb\n')
    }))

  test('what others wrote into the rule cannot steer the terminal', () =>
    onRuleStage({}, async ({fake, run}) => {
      const steer = '\u001b]0;gotcha\u0007\u202e'
      fake.rules.set(RULE, fakeRule({cidrIpv4: `198.51.100.7/32${steer}`, description: steer}))
      const outputs = [
        await run([...IP, '--description', 'mine']),
        await run([...IP, '--dry-run']),
        await run(['--ip', '203.0.113.10']),
      ]
      fake.rules.set(RULE, fakeRule({groupId: `sg-${steer}`}))
      outputs.push(await run(IP))
      for (const {stderr, stdout} of outputs) {
        expect(stderr + stdout).not.toMatch(/[^\P{C}\n]/u)
        expect((stderr + stdout).length).toBeGreaterThan(TARGET.length)
      }
    }))
})

describe.concurrent('an id that EC2 does not have', () => {
  test('a rule', () =>
    onRuleStage({}, async ({run}) => {
      expect(await run([...IP, '--rule-id', 'sgr-0eeeeeeeeeeeeeeee'])).toEqual({
        code: 1,
        stdout: '',
        stderr: `AWS  ca-central-1  sgr-0eeeeeeeeeeeeeeee of ${GROUP}
Error: there is no such security group rule in this region
  detail: The security group rule ID 'sgr-0eeeeeeeeeeeeeeee' does not exist
  → correct DB_SG_RULE_ID, or AWS_REGION when the rule is in another region
`,
      })
    }))

  test('a group that is not the rule’s', () =>
    onRuleStage({}, async ({actions, json}) => {
      const group = 'sg-0eeeeeeeeeeeeeeee'
      expect(await json([...IP, '--group-id', group])).toMatchObject({
        code: 1,
        json: {error: {message: `the rule ${RULE} belongs to the group ${GROUP}, not to ${group}`}},
      })
      expect(actions()).toBe('D')
    }))
})

describe.concurrent('what the credentials lack is told with the least policy that gives it', () => {
  const policyOf = (account: string, region = 'ca-central-1', partition = 'aws') => {
    const arn = `arn:${partition}:ec2:${region}:${account}`
    return {
      Version: '2012-10-17',
      Statement: [
        {Effect: 'Allow', Action: ['ec2:DescribeSecurityGroupRules'], Resource: '*'},
        {
          Effect: 'Allow',
          Action: ['ec2:ModifySecurityGroupRules'],
          Resource: [`${arn}:security-group/${GROUP}`, `${arn}:security-group-rule/${RULE}`],
        },
      ],
    }
  }
  const blob = 'kQ7fV3xkZs0yB1mM4wq2'.repeat(50)
  const own =
    'You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/cruddur is not authorized'

  test.each([
    ['changing it', CHANGE, '123456789012', []],
    ['changing it, in a dry run', CHANGE, '123456789012', ['--dry-run']],
    ['reading it, when the account is not known yet', READ, '*', []],
  ] as const)('%s', (_, action, account, args) =>
    onRuleStage({}, async ({fake, json, run}) => {
      fake.fail(action, {
        code: 'UnauthorizedOperation',
        message: `${own}. Encoded authorization failure message: ${blob}`,
      })
      const policy = policyOf(account)
      const {code, stderr, stdout} = await run([...IP, ...args])
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toBe(`${TARGET}Error: these AWS credentials may not do ec2:${action}
${JSON.stringify(policy, null, 2)}
  detail: ${own}.
  → have this policy attached to the user or role
`)
      const outcome = await json([...IP, ...args])
      expect(outcome).toEqual({
        code: 1,
        json: {
          error: {
            code: 'AWS_DENIED',
            message: `these AWS credentials may not do ec2:${action}`,
            hint: 'have this policy attached to the user or role',
            detail: `${own}.`,
            awsCode: 'UnauthorizedOperation',
            requestId: REQUEST_ID,
            policy,
          },
        },
      })
      expect(stderr + JSON.stringify(outcome)).not.toContain('kQ7fV3')
      expect(fake.rules.get(RULE)).toEqual(fakeRule())
    }),
  )

  test.each([
    ['cn-north-1', 'aws-cn'],
    ['us-gov-west-1', 'aws-us-gov'],
  ])('in %s', (region, partition) =>
    onRuleStage({}, async ({fake, json}) => {
      fake.fail(CHANGE, {code: 'UnauthorizedOperation'})
      expect(await json([...IP, '--region', region])).toMatchObject({
        json: {error: {policy: policyOf('123456789012', region, partition)}},
      })
    }),
  )

  test('of reading it back, when the change is done already', () =>
    onRuleStage({}, async ({changed, fake, start}) => {
      fake.staleReads = 3
      const {result} = start(['--json', ...IP])
      await changed()
      fake.fail(READ, {code: 'UnauthorizedOperation'})
      const {code, stdout} = await result
      expect([code, JSON.parse(stdout).error.code]).toEqual([1, 'AWS_DENIED'])
      expect(fake.rules.get(RULE)?.cidrIpv4).toBe(`${OWN}/32`)
    }))
})

describe.concurrent('EC2 that has too much to do', () => {
  test.each([
    ['throttled twice at reading', READ, {code: 'RequestLimitExceeded', times: 2}, 'DDDMD'],
    ['throttled twice at changing', CHANGE, {code: 'RequestLimitExceeded', times: 2}, 'DMMMD'],
    ['failing twice inside', CHANGE, {code: 'InternalError', times: 2}, 'DMMMD'],
    ['ending the connection twice', CHANGE, {how: 'reset', times: 2}, 'DMMMD'],
  ] as [string, string, Failure, string][])('%s is asked again', (_, action, failure, expected) =>
    onRuleStage({}, async ({actions, fake, json}) => {
      fake.fail(action, failure)
      expect(await json(IP)).toMatchObject({code: 0, json: {changed: true}})
      expect(actions()).toBe(expected)
    }),
  )

  test('is left alone after the third time', () =>
    onRuleStage({}, async ({actions, fake, run}) => {
      fake.fail(CHANGE, {code: 'RequestLimitExceeded'})
      expect(await run(IP)).toEqual({
        code: 1,
        stdout: '',
        stderr: `${TARGET}Error: AWS takes no more requests from this account at the moment
  detail: Request limit exceeded.
  → try again in a minute
`,
      })
      expect(actions()).toBe('DMMM')
    }))
})

const CHECK = 'check that this machine is online and that the region is spelt right'

describe.concurrent('an endpoint that does not answer as AWS does', () => {
  test.each([
    ['reading', READ, 'DDD'],
    ['changing', CHANGE, 'DMMM'],
  ])('a connection that is ended each time at %s is told as that', (_, action, expected) =>
    onRuleStage({}, async ({actions, fake, json}) => {
      fake.fail(action, {how: 'reset'})
      const {code, json: document} = await json(IP)
      expect([code, document]).toMatchObject([3, {error: {code: 'AWS_UNREACHABLE', hint: CHECK}}])
      expect(document).toMatchObject({
        error: {message: expect.stringMatching(/^cannot reach EC2 in ca-central-1: .*ECONNRESET/)},
      })
      expect(actions()).toBe(expected)
    }),
  )

  test.each([
    ['reading', READ],
    ['changing', CHANGE],
  ])('the page of a Wi-Fi at %s is told without the inside of the SDK', (_, action) =>
    onRuleStage({}, async ({fake, json, run}) => {
      fake.fail(action, {how: 'garbage'})
      const {code, stderr} = await run(IP)
      expect([code, stderr]).toEqual([
        3,
        expect.stringContaining('Error: cannot reach EC2 in ca-central-1: '),
      ])
      expect(stderr).not.toMatch(/@aws-sdk|Deserialization|\$response|XML/)
      expect(stderr).toContain(`  → ${CHECK}\n`)
      expect(await json(IP)).toMatchObject({code: 3, json: {error: {code: 'AWS_UNREACHABLE'}}})
      expect(fake.rules.get(RULE)).toEqual(fakeRule())
    }),
  )

  test('nobody listens', () =>
    onRuleStage({}, async ({run}) => {
      expect(await run(IP, {AWS_ENDPOINT_URL_EC2: 'http://127.0.0.1:1'})).toEqual({
        code: 3,
        stdout: '',
        stderr: `${TARGET}Error: cannot reach EC2 in ca-central-1: connect ECONNREFUSED 127.0.0.1:1\n  → ${CHECK}\n`,
      })
    }))

  test('a name that does not resolve', () =>
    onRuleStage({}, async ({json}) => {
      expect(await json(IP, {AWS_ENDPOINT_URL_EC2: 'http://ec2.invalid'})).toMatchObject({
        code: 3,
        json: {error: {code: 'AWS_UNREACHABLE', hint: CHECK}},
      })
    }))

  const page = '<html><body><p>Please log in.</p></body></html>'

  test.each<[string, number, string]>([
    ['a well-formed page', 200, page],
    ['nothing', 200, ''],
    ['something in JSON', 200, '{}'],
    ['a redirection', 302, ''],
    ['a proxy’s refusal', 403, page],
    ['a proxy’s demand to log in', 407, page],
    ['not found', 404, 'not found'],
  ])('%s from somebody in between is not taken for a word of AWS', async (_, status, body) => {
    const respond = (response: ServerResponse): void => {
      response.writeHead(status, {'content-type': 'text/html'}).end(body)
    }
    const proxy = await listen(createServer((_request, response) => respond(response)))
    try {
      await onRuleStage({}, async ({json}) => {
        const outcome = await json([...IP, '--dry-run'], {AWS_ENDPOINT_URL_EC2: proxy.url})
        expect(outcome).toMatchObject({
          code: 3,
          json: {error: {code: 'AWS_UNREACHABLE', hint: CHECK}},
        })
        expect(JSON.stringify(outcome)).not.toMatch(/@aws-sdk|Deserialization|\$response/)
      })
    } finally {
      await proxy.close()
    }
  })
})
