import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {GROUP, OWN, onRuleStage, RULE, type RuleStage, TARGET} from '../support/rule-stage.js'

const IP = ['--ip', OWN]
const KEY = 'AKIAFAKEFORTESTS0000'
const SECRET = 'fake/secret+of/the/tests/0123456789abcdef'
const NO_KEYS = {AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined}
const NO_REGION = {AWS_REGION: undefined}
const KEYS_FILE = `aws_access_key_id = ${KEY}\naws_secret_access_key = ${SECRET}\n`
const KEYS_ENV = `AWS_ACCESS_KEY_ID=${KEY}\nAWS_SECRET_ACCESS_KEY=${SECRET}\n`

const targetIn = (region: string) => TARGET.replace('ca-central-1', region)

/** The region the first request was signed for. */
const signedFor = ({fake}: RuleStage) =>
  /^AWS4-HMAC-SHA256 Credential=[^/]+\/\d+\/([^/]+)\/ec2\//.exec(
    fake.requests[0]?.headers.authorization ?? '',
  )?.[1]

const NONE = {
  code: 'AWS_CREDENTIALS',
  message: 'no AWS credentials can be had',
  hint: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or set AWS_PROFILE and log in: aws sso login',
}

describe.concurrent('the region', () => {
  test.each<[string, string[], Record<string, string | undefined>, string]>([
    ['AWS_REGION', [], {AWS_REGION: 'eu-west-1'}, 'eu-west-1'],
    ['AWS_REGION with blanks', [], {AWS_REGION: ' eu-west-1\t'}, 'eu-west-1'],
    [
      'AWS_DEFAULT_REGION, as the aws command reads it',
      [],
      {...NO_REGION, AWS_DEFAULT_REGION: 'eu-west-2'},
      'eu-west-2',
    ],
    [
      'AWS_REGION before AWS_DEFAULT_REGION',
      [],
      {AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2'},
      'eu-west-1',
    ],
    [
      'AWS_DEFAULT_REGION behind an empty AWS_REGION',
      [],
      {AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-west-2'},
      'eu-west-2',
    ],
    [
      '--region before both',
      ['--region', 'eu-west-3'],
      {AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2'},
      'eu-west-3',
    ],
    ['the profile default', [], {...NO_REGION, AWS_CONFIG_FILE: 'config'}, 'eu-north-1'],
    [
      'a profile that is named',
      [],
      {...NO_REGION, AWS_CONFIG_FILE: 'config', AWS_PROFILE: 'work'},
      'eu-south-1',
    ],
    [
      'the profile behind an empty AWS_REGION',
      [],
      {AWS_REGION: '', AWS_CONFIG_FILE: 'config'},
      'eu-north-1',
    ],
    [
      'the profile behind a blank AWS_REGION',
      [],
      {AWS_REGION: ' ', AWS_CONFIG_FILE: 'config'},
      'eu-north-1',
    ],
  ])('%s', (_, args, env, region) =>
    onRuleStage({}, async (stage) => {
      stage.write(
        'config',
        `[default]\nregion = eu-north-1\n[profile work]\nregion = eu-south-1\n${KEYS_FILE}`,
      )
      const {code, stderr} = await stage.run([...IP, ...args], env)
      expect([code, stderr, signedFor(stage)]).toEqual([0, targetIn(region), region])
    }),
  )

  test.each<[string, Record<string, string | undefined>]>([
    ['nowhere', NO_REGION],
    ['in empty variables', {AWS_REGION: '', AWS_DEFAULT_REGION: ' '}],
  ])('named %s: what to set', (_, env) =>
    onRuleStage({}, async ({actions, json, run}) => {
      expect(await run(IP, env)).toEqual({
        code: 2,
        stdout: '',
        stderr:
          'Error: no AWS region is named\n  → set AWS_REGION, as in AWS_REGION=ca-central-1\n',
      })
      expect(await json(IP, env)).toMatchObject({code: 2, json: {error: {code: 'AWS_REGION'}}})
      expect(actions()).toBe('')
    }),
  )

  test.each(['ca central', 'evil.example/x#', 'ca-central-1,eu-west-1', 'ca_central_1'])(
    'that is none is a matter of configuration: %s',
    (region) =>
      onRuleStage({}, async ({actions, json}) => {
        const outcome = await json(IP, {AWS_REGION: region, AWS_ENDPOINT_URL_EC2: undefined})
        expect(outcome).toMatchObject({code: 2, json: {error: {code: 'AWS_REGION'}}})
        expect(actions()).toBe('')
      }),
  )

  test('that does not exist is not reached', () =>
    onRuleStage({}, async ({json}) => {
      const env = {AWS_REGION: 'ca-centrall-1', AWS_ENDPOINT_URL_EC2: undefined}
      expect(await json(IP, env)).toMatchObject({
        code: 3,
        json: {
          error: {
            code: 'AWS_UNREACHABLE',
            message: expect.stringContaining('ca-centrall-1'),
            hint: 'check that this machine is online and that the region is spelt right',
          },
        },
      })
    }))
})

describe.concurrent('credentials', () => {
  test('none at all', () =>
    onRuleStage({}, async ({actions, json, run}) => {
      expect(await run(IP, NO_KEYS)).toEqual({
        code: 3,
        stdout: '',
        stderr: `${TARGET}Error: ${NONE.message}\n  detail: Could not load credentials from any providers\n  → ${NONE.hint}\n`,
      })
      expect(await json(IP, NO_KEYS)).toEqual({
        code: 3,
        json: {error: {...NONE, detail: 'Could not load credentials from any providers'}},
      })
      expect(actions()).toBe('')
    }))

  test.each<[string, Record<string, string | undefined>]>([
    ['a key without its secret', {AWS_SECRET_ACCESS_KEY: undefined}],
    ['empty keys', {AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: ''}],
    ['a profile that does not exist', {...NO_KEYS, AWS_PROFILE: 'nobody'}],
  ])('%s', (_, env) =>
    onRuleStage({}, async ({actions, json}) => {
      expect(await json(IP, env)).toMatchObject({code: 3, json: {error: NONE}})
      expect(actions()).toBe('')
    }),
  )

  test('a key that AWS does not know', () =>
    onRuleStage({}, async ({json}) => {
      expect(await json(IP, {AWS_ACCESS_KEY_ID: 'AKIANOBODYKNOWSTHIS0'})).toMatchObject({
        code: 3,
        json: {error: {code: 'AWS_CREDENTIALS', awsCode: 'AuthFailure'}},
      })
    }))

  test('a secret of another key', () =>
    onRuleStage({}, async ({json}) => {
      expect(await json(IP, {AWS_SECRET_ACCESS_KEY: 'wrong/secret+0123456789'})).toMatchObject({
        code: 3,
        json: {
          error: {
            code: 'AWS_CREDENTIALS',
            message: 'the secret key does not belong to the access key',
            awsCode: 'SignatureDoesNotMatch',
          },
        },
      })
    }))

  test.each<[string, Record<string, string>]>([
    ['a key with a line end', {AWS_ACCESS_KEY_ID: `${KEY}\n`}],
    ['a session token with a line end', {AWS_SESSION_TOKEN: 'IQoJb3JpZ2luX2VjE\n+/x=='}],
  ])('%s, which cannot be sent, is not called a refusal of AWS', (_, env) =>
    onRuleStage({}, async ({actions, json}) => {
      const outcome = await json(IP, env)
      expect([outcome, actions()]).toMatchObject([
        {code: 3, json: {error: {code: 'AWS_CREDENTIALS'}}},
        '',
      ])
      expect(JSON.stringify(outcome)).not.toContain('IQoJ')
    }),
  )

  test.each([
    [
      'a program that prints them',
      `{"Version":1,"AccessKeyId":"${KEY}","SecretAccessKey":"${SECRET}"}`,
      0,
    ],
    ['a program that prints something else', 'hush-not-json', 3],
    [
      'a program that prints ones that are past',
      `{"Version":1,"AccessKeyId":"${KEY}","SecretAccessKey":"hush-past","Expiration":"2020-01-01T00:00:00Z"}`,
      3,
    ],
  ] as const)('%s (credential_process)', (_, printed, expected) =>
    onRuleStage({}, async ({json, write}) => {
      write('printed', printed)
      write('config', '[default]\ncredential_process = cat printed\n')
      const outcome = await json(IP, {...NO_KEYS, AWS_CONFIG_FILE: 'config', DEBUG: '*'})
      expect(outcome.code).toBe(expected)
      expect(JSON.stringify(outcome)).not.toMatch(/hush|fake\/secret/)
    }),
  )

  test('a program that fails is not quoted', () =>
    onRuleStage({}, async ({run, write}) => {
      write('login.sh', 'echo hush-out; echo hush-err >&2; exit 3\n')
      write('config', '[default]\ncredential_process = sh login.sh\n')
      const {code, stderr} = await run(IP, {...NO_KEYS, AWS_CONFIG_FILE: 'config'})
      expect([code, stderr]).toEqual([3, expect.stringContaining(`Error: ${NONE.message}\n`)])
      expect(stderr).not.toContain('hush')
    }))

  test('a session of aws sso that is not logged in', () =>
    onRuleStage({}, async ({json, write}) => {
      write(
        'config',
        `[default]
sso_session = work
sso_account_id = 123456789012
sso_role_name = dev
[sso-session work]
sso_region = ca-central-1
sso_start_url = https://sso.invalid/start
`,
      )
      expect(await json(IP, {...NO_KEYS, AWS_CONFIG_FILE: 'config'})).toMatchObject({
        code: 3,
        json: {error: {code: 'AWS_CREDENTIALS', hint: expect.stringContaining('aws sso login')}},
      })
    }))
})

describe.concurrent('.env', () => {
  test('supplies ids, region and keys', () =>
    onRuleStage({}, async (stage) => {
      stage.write(
        '.env',
        `DB_SG_ID=" ${GROUP}\t"\nexport DB_SG_RULE_ID=${RULE}\r\nAWS_REGION=eu-west-3\n${KEYS_ENV}GITPOD_IP=203.0.113.50\n`,
      )
      const env = {...NO_KEYS, ...NO_REGION, DB_SG_ID: undefined, DB_SG_RULE_ID: undefined}
      const {code, stderr} = await stage.run([], env)
      const note = 'the address is that of GITPOD_IP in the environment file\n'
      const expected = [0, note + targetIn('eu-west-3'), 'eu-west-3']
      expect([code, stderr, signedFor(stage)]).toEqual(expected)
      expect(stage.changes()).toMatchObject([{CidrIpv4: '203.0.113.50/32'}])
    }))

  test('and so does --env-file', () =>
    onRuleStage({}, async ({run, write}) => {
      write(
        'other.env',
        `DB_SG_ID=${GROUP}\nDB_SG_RULE_ID=${RULE}\nAWS_REGION=eu-west-3\n${KEYS_ENV}`,
      )
      const env = {...NO_KEYS, ...NO_REGION, DB_SG_ID: undefined, DB_SG_RULE_ID: undefined}
      expect(await run([...IP, '--env-file', 'other.env'], env)).toMatchObject({code: 0})
    }))

  test('stands behind the process’s own variables', () =>
    onRuleStage({}, async (stage) => {
      stage.write(
        '.env',
        'DB_SG_ID=sg-0fedcba9876543210\nDB_SG_RULE_ID=sgr-0fedcba9876543210\nAWS_REGION=eu-west-3\nAWS_ACCESS_KEY_ID=AKIAOTHER\nAWS_SECRET_ACCESS_KEY=other\n',
      )
      const {code, stderr} = await stage.run(IP)
      expect([code, stderr]).toEqual([0, TARGET])
    }))

  test('names a profile of the user’s own files', () =>
    onRuleStage({}, async (stage) => {
      stage.write('config', `[profile work]\nregion = eu-south-1\n${KEYS_FILE}`)
      stage.write('.env', 'AWS_PROFILE=work\n')
      const {code} = await stage.run(IP, {...NO_KEYS, ...NO_REGION, AWS_CONFIG_FILE: 'config'})
      expect([code, signedFor(stage)]).toEqual([0, 'eu-south-1'])
    }))

  test('does not name the services that tell the address, and so not the address', () =>
    onRuleStage({}, async ({asked, run, services, write}) => {
      write('.env', `CRUDDUR_DB_IP_URLS=${services}/of-the-file\n`)
      expect((await run()).code).toBe(0)
      // Set and empty, as Compose leaves it, it does not give way to the file either: no service of ours is asked.
      await run([], {CRUDDUR_DB_IP_URLS: ''})
      expect(asked()).toEqual(['/ip'])
    }))

  test.each([
    ['its secret', {AWS_SECRET_ACCESS_KEY: undefined}, `AWS_SECRET_ACCESS_KEY=${SECRET}`],
    ['its key', {AWS_ACCESS_KEY_ID: undefined}, `AWS_ACCESS_KEY_ID=${KEY}`],
    ['a login for a profile', {...NO_KEYS, AWS_PROFILE: 'nobody'}, KEYS_ENV],
  ])('never adds %s to a login of the process', (_, env, text) =>
    onRuleStage({}, async ({actions, json, write}) => {
      write('.env', `${text}\n`)
      expect(await json(IP, env)).toMatchObject({code: 3, json: {error: NONE}})
      expect(actions()).toBe('')
    }),
  )

  test('does not lead requests, and the login in them, to another endpoint', () =>
    onRuleStage({}, async ({actions, asked, json, write}) => {
      write(
        '.env',
        'AWS_ENDPOINT_URL=@@\nAWS_ENDPOINT_URL_EC2=@@\nAWS_USE_DUALSTACK_ENDPOINT=false\n',
      )
      const env = {AWS_REGION: 'xx-nowhere-1', AWS_ENDPOINT_URL_EC2: undefined}
      expect(await json(IP, env)).toMatchObject({code: 3, json: {error: {code: 'AWS_UNREACHABLE'}}})
      expect([actions(), asked()]).toEqual(['', []])
    }))

  test('does not name a program to run', () =>
    onRuleStage({}, async ({folder, json, write}) => {
      write('config', '[default]\ncredential_process = touch ran\n')
      write('credentials', '[default]\ncredential_process = touch ran\n')
      write(
        '.env',
        'AWS_CONFIG_FILE=config\nAWS_SHARED_CREDENTIALS_FILE=credentials\nHOME=.\nAWS_SDK_LOAD_CONFIG=1\n',
      )
      expect(await json(IP, NO_KEYS)).toMatchObject({code: 3, json: {error: NONE}})
      expect(existsSync(join(folder, 'ran'))).toBe(false)
    }))
})

/** Characters that need quoting in a shell, a URL, JSON, XML and a regular expression. */
const TOKEN = `IQoJ/b3+Jp==&%25"'<$(x)>{}\\ .*é ~`

describe.concurrent('secrets stay out of every output', () => {
  // That they do is asserted by the stage itself, for every run of every test.
  test.each([
    ['success', []],
    ['a refusal', ['--port', '5432', '--group-id', 'sg-0fedcba9876543210']],
  ])('with DEBUG=* and --json: %s', (_, args) =>
    onRuleStage({}, async ({fake, run}) => {
      const outcome = await run([...IP, ...args, '--json'], {DEBUG: '*'})
      JSON.parse(outcome.stdout)
      expect(fake.requests[0]?.headers.authorization).toContain('Signature=')
    }),
  )

  test.each([
    ['as it is', {}],
    ['with DEBUG=*', {DEBUG: '*'}],
  ])('a session token that AWS refuses, %s', (_, env) =>
    onRuleStage({}, async ({fake, run}) => {
      for (const args of [IP, [...IP, '--json']]) {
        const {code, stderr, stdout} = await run(args, {...env, AWS_SESSION_TOKEN: TOKEN})
        expect(code).toBe(3)
        expect(stdout + stderr).not.toContain('IQoJ')
      }
      expect(String(fake.requests[0]?.headers['x-amz-security-token'])).toContain('IQoJ/b3+Jp==')
    }),
  )

  test.each<[string, string]>([
    [
      'IncompleteSignature',
      "Authorization header requires 'Credential' parameter. Authorization=AWS4-HMAC-SHA256 SignedHeaders=host, Signature=0123456789abcdef0123",
    ],
    [
      'SignatureDoesNotMatch',
      "The request signature we calculated does not match.\n\nThe Canonical String for this request should have been\n'POST\n/\n\nx-amz-security-token:hush'",
    ],
  ])('what AWS repeats of the request with %s', (code, message) =>
    onRuleStage({}, async ({fake, run}) => {
      fake.fail('DescribeSecurityGroupRules', {code, message})
      for (const args of [IP, [...IP, '--json']]) {
        const {code: exit, stderr, stdout} = await run(args, {DEBUG: '*'})
        expect(exit).toBe(3)
        expect(stdout + stderr).not.toMatch(/hush|0123456789abcdef0123/)
      }
    }),
  )
})
