import {describe, expect, test} from 'vitest'
import {adoptVariables, regionOf} from '../../../src/lib/aws/variables.js'

const KEYS = {AWS_ACCESS_KEY_ID: 'AKIAFILE', AWS_SECRET_ACCESS_KEY: 'file'}

/** The process's variables afterwards, of those that matter to who logs in and where. */
function adopted(file: Record<string, string>, processEnv: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = {...processEnv}
  adoptVariables({...file, ...own}, own)
  const names = Object.keys({...file, ...processEnv}).filter((name) => own[name] !== undefined)
  return Object.fromEntries(names.map((name) => [name, own[name]]))
}

describe('who logs in', () => {
  test.each<[string, Record<string, string>]>([
    ['keys', KEYS],
    ['keys with a session', {...KEYS, AWS_SESSION_TOKEN: 'token'}],
    ['a profile', {AWS_PROFILE: 'work'}],
  ])('%s of the file are taken where the process has none', (_, file) => {
    expect(adopted(file, {})).toEqual(file)
  })

  test.each<[string, NodeJS.ProcessEnv]>([
    ['a key', {AWS_ACCESS_KEY_ID: 'AKIAPROCESS'}],
    ['a secret', {AWS_SECRET_ACCESS_KEY: 'process'}],
    ['a session', {AWS_SESSION_TOKEN: 'process'}],
    ['a profile', {AWS_PROFILE: 'process'}],
    ['keys', {AWS_ACCESS_KEY_ID: 'AKIAPROCESS', AWS_SECRET_ACCESS_KEY: 'process'}],
    ['a role', {AWS_ROLE_ARN: 'arn', AWS_WEB_IDENTITY_TOKEN_FILE: '/token'}],
    ['the role of an ECS task', {AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials'}],
    ['the role of a pod', {AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1'}],
  ])('two logins are never mixed: the process has %s', (_, processEnv) => {
    expect(adopted({...KEYS, AWS_SESSION_TOKEN: 'file', AWS_PROFILE: 'file'}, processEnv)).toEqual(
      processEnv,
    )
  })

  test('what is empty in the file is not set', () => {
    const processEnv: NodeJS.ProcessEnv = {}
    adoptVariables({...KEYS, AWS_SESSION_TOKEN: '', AWS_PROFILE: ''}, processEnv)
    expect(processEnv).toMatchObject(KEYS)
    expect(processEnv).not.toHaveProperty('AWS_SESSION_TOKEN')
    expect(processEnv).not.toHaveProperty('AWS_PROFILE')
  })

  test.each([
    'AWS_ENDPOINT_URL',
    'AWS_ENDPOINT_URL_EC2',
    'AWS_ENDPOINT_URL_RDS',
    'AWS_ENDPOINT_URL_STS',
    'AWS_CONFIG_FILE',
    'AWS_SHARED_CREDENTIALS_FILE',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
    'AWS_EC2_METADATA_SERVICE_ENDPOINT',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_ROLE_ARN',
    'AWS_CA_BUNDLE',
    'NODE_EXTRA_CA_CERTS',
    'NODE_OPTIONS',
    'NODE_TLS_REJECT_UNAUTHORIZED',
    'HTTPS_PROXY',
    'PATH',
    'HOME',
  ])('%s of the file reaches nobody', (name) => {
    const processEnv: NodeJS.ProcessEnv = {}
    adoptVariables({[name]: 'hostile', ...KEYS}, processEnv)
    expect(processEnv).not.toHaveProperty(name)
    expect(processEnv).toMatchObject(KEYS)
  })

  test('the SDK is kept from remarking on the version of Node', () => {
    const processEnv: NodeJS.ProcessEnv = {}
    adoptVariables({}, processEnv)
    expect(processEnv['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED']).toBe('true')
  })

  test.each(['', ' ', '\t'])(
    'an AWS_REGION of %j does not reach the SDK, which would take it for a name',
    (blank) => {
      const processEnv: NodeJS.ProcessEnv = {AWS_REGION: blank}
      adoptVariables({...processEnv}, processEnv)
      expect(processEnv).not.toHaveProperty('AWS_REGION')
    },
  )

  test('an AWS_REGION that is one stays', () => {
    expect(adopted({}, {AWS_REGION: 'eu-west-1'})).toEqual({AWS_REGION: 'eu-west-1'})
  })
})

describe('the region', () => {
  test.each<[string | undefined, Record<string, string>, string | undefined]>([
    ['eu-west-3', {AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2'}, 'eu-west-3'],
    [undefined, {AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2'}, 'eu-west-1'],
    [undefined, {AWS_DEFAULT_REGION: 'eu-west-2'}, 'eu-west-2'],
    [undefined, {AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-west-2'}, 'eu-west-2'],
    ['', {AWS_REGION: ' \t', AWS_DEFAULT_REGION: ' eu-west-2\n'}, 'eu-west-2'],
    [undefined, {AWS_REGION: '', AWS_DEFAULT_REGION: ' '}, undefined],
    [undefined, {}, undefined],
  ])('--region %j, %j: %s', (flag, env, region) => {
    expect(regionOf(env, flag)).toBe(region)
  })

  test.each(['a', 'x'.repeat(63)])('%s may be one', (region) => {
    expect(regionOf({AWS_REGION: region})).toBe(region)
  })

  test.each([
    ...['eu-west-1.evil.test', 'eu-west-1/', '@evil.test/eu-west-1', 'evil.test#eu-west-1'],
    ...['EU-WEST-1', 'eu west 1', '-eu', 'eu-', 'x'.repeat(64)],
  ])('%s, which cannot be a part of a host name, is none', (region) => {
    expect(() => regionOf({AWS_REGION: region})).toThrow(
      expect.objectContaining({
        code: 'AWS_REGION',
        exit: 2,
        message: `"${region}" is no name of an AWS region`,
      }),
    )
  })
})
