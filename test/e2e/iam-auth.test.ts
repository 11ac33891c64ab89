import {chmodSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {readLoginToken} from '../support/aws/login-token.js'
import {type LoginServer, loginServer} from '../support/login-server.js'
import {runProgram} from '../support/program.js'
import {makeAuthority} from '../support/tls.js'
import {startTlsServer, type TlsServer} from '../support/tls-server.js'

const HOST = 'db.abc.eu-west-1.rds.amazonaws.com'
const SECRET = 'fake/secret+of/the/tests/0123456789abcdef'
const KEYS = {
  AWS_ACCESS_KEY_ID: 'AKIAFAKEFORTESTS0000',
  AWS_SECRET_ACCESS_KEY: SECRET,
  AWS_REGION: 'ca-central-1',
}
const NO_KEYS = {
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: '/nonexistent/config',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/credentials',
}

let folder: string
let root: string
let logins: LoginServer
let real: TlsServer

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-iam-'))
  root = join(folder, 'ca.pem')
  const authority = await makeAuthority('Test authority')
  writeFileSync(root, authority.certificate)
  const identity = await authority.issue({name: 'rds', hosts: [HOST, 'tunnel.test']})
  logins = await loginServer(identity)
  real = await startTlsServer()
  await real.behave({identity, admits: ['hostssl all all 127.0.0.1/32 password']})
  await real.query(`CREATE ROLE iam_user LOGIN PASSWORD 'another'`)
  writeFileSync(join(folder, 'psql'), '#!/bin/sh\nenv | grep ^PGPASSWORD; echo "$@"\n')
  chmodSync(join(folder, 'psql'), 0o755)
})
afterAll(async () => {
  logins.close()
  await real.close()
  rmSync(folder, {recursive: true, force: true})
})
beforeEach(() => {
  logins.passwords.length = 0
})

const urlOf = (port: number, {host = HOST, user = 'iam_user', query = ''} = {}): string =>
  `postgres://${user}@${host}:${port}/d?hostaddr=127.0.0.1&sslrootcert=${root}&connect_timeout=2${query}`

function run(args: readonly string[], url: string, env: Record<string, string> = KEYS) {
  const {PATH = ''} = process.env
  return runProgram([...args, '--iam-auth', '--url', url], {
    env: {...NO_KEYS, ...env, PATH: `${folder}:${PATH}`},
  })
}

describe('--iam-auth', () => {
  test('sends a token of AWS for the user, the host and its region in place of a password', async () => {
    await run(['create'], urlOf(logins.port))
    const [token = ''] = logins.passwords
    expect(readLoginToken(token, SECRET)).toMatchObject({
      valid: 'true',
      host: `${HOST}:${logins.port}`,
      region: 'eu-west-1',
      service: 'rds-db',
      Action: 'connect',
      DBUser: 'iam_user',
      'X-Amz-Expires': '900',
    })
  })

  test('takes the place of a password in the URL, which is not sent', async () => {
    await run(['create'], urlOf(logins.port, {user: 'iam_user:pass%23word'}))
    expect(logins.passwords).toHaveLength(1)
    expect(readLoginToken(logins.passwords[0] ?? '', SECRET).valid).toBe('true')
  })

  test('hands psql the same, in its environment and not in its arguments', async () => {
    const {code, stdout} = await run(['connect'], urlOf(logins.port))
    expect(code).toBe(0)
    const [variable = '', args] = stdout.split('\n')
    expect(readLoginToken(variable.replace('PGPASSWORD=', ''), SECRET).valid).toBe('true')
    expect(args).toBe('')
  })

  test('a login that the server refuses says what AWS and the database must allow', async () => {
    const {code, stderr} = await run(['sessions'], urlOf(real.port))
    expect(code).toBe(3)
    expect(stderr).toBe(`PRODUCTION  iam_user@${HOST}:${real.port}/d
Error: ${HOST}:${real.port} refuses the IAM login of iam_user
  detail: password authentication failed for user "iam_user"
  → check that the instance has IAM authentication enabled, that the user may use it (GRANT rds_iam TO iam_user), and that your AWS credentials may do rds-db:connect
  SQLSTATE 28P01
`)
  })

  test('no part of the token or the keys is shown, at any verbosity', async () => {
    const {stdout, stderr} = await run(['sessions', '--json'], urlOf(real.port), {
      ...KEYS,
      AWS_SESSION_TOKEN: 'session/token+with=signs',
      DEBUG: '*',
    })
    for (const secret of [SECRET, 'session/token', 'session%2Ftoken', 'X-Amz-Signature'])
      expect(stdout + stderr).not.toContain(secret)
  })

  test('without AWS credentials nothing is sent', async () => {
    const {code, stderr} = await run(['sessions'], urlOf(logins.port), {})
    expect(code).toBe(3)
    expect(stderr).toContain('Error: no AWS credentials can be had\n')
    expect(logins.passwords).toEqual([])
  })

  test.each([
    [['sessions', '--json'], '"code": "AWS_TIMEOUT"'],
    [
      ['connect'],
      `Error: no AWS credentials could be had within 5 s
  → see whether they can be had at all: aws sts get-caller-identity
`,
    ],
  ])('%s: credentials that do not come are not blamed on the server', async (verb, told) => {
    const config = join(folder, 'config')
    writeFileSync(config, '[profile slow]\ncredential_process = sleep 9\n')
    const started = Date.now()
    const slow = {AWS_CONFIG_FILE: config, AWS_PROFILE: 'slow'}
    const {code, stderr, stdout} = await run(
      verb,
      urlOf(logins.port, {query: '&connect_timeout=10'}).replace('&connect_timeout=2', ''),
      slow,
    )
    expect(code).toBe(3)
    expect(stdout + stderr).toContain(told)
    expect(Date.now() - started).toBeLessThan(9000)
    expect(logins.passwords).toEqual([])
  })

  test.each(['disable', 'allow', 'prefer'])('is refused with sslmode=%s', async (mode) => {
    const url = urlOf(logins.port, {query: `&sslmode=${mode}`}).replace(`sslrootcert=${root}&`, '')
    const {code, stderr} = await run(['sessions'], url)
    expect(code).toBe(2)
    expect(
      stderr,
    ).toBe(`Error: --iam-auth sends what logs in for 15 minutes, and sslmode=${mode} may send it unencrypted: write sslmode=verify-full
  → correct it, or leave --iam-auth out to log in with a password
`)
    expect(logins.passwords).toEqual([])
  })

  test('a host that is not named as RDS names its own needs a region', async () => {
    const url = urlOf(logins.port, {host: 'tunnel.test', query: '&sslmode=verify-full'})
    const {AWS_REGION: _, ...regionless} = KEYS
    const {code, stderr} = await run(['create'], url, regionless)
    expect(code).toBe(2)
    expect(stderr).toContain('needs the region of the instance, which the host does not tell')
    await run(['create'], url)
    expect(readLoginToken(logins.passwords[0] ?? '', SECRET)['region']).toBe('ca-central-1')
  })

  test('is refused for the embedded server and for a unix socket', async () => {
    const {PATH = ''} = process.env
    const embedded = await runProgram(['sessions', '--iam-auth'], {env: {PATH}})
    expect(embedded.code).toBe(2)
    expect(embedded.stderr).toContain('--iam-auth is for RDS: the embedded server knows no AWS')
    const socket = await run(['sessions'], 'postgres:///d?host=/tmp')
    expect(socket.code).toBe(2)
    expect(socket.stderr).toContain('--iam-auth is for RDS: a unix socket leads to a server')
  })

  test('psql cannot log in to several hosts with it', async () => {
    const hosts = `${HOST}:${logins.port},${HOST}:${logins.port}`
    const url = `postgres://u@${hosts}/d?hostaddr=127.0.0.1,127.0.0.1&sslrootcert=${root}`
    const {code, stderr} = await run(['connect'], url)
    expect(code).toBe(2)
    expect(stderr).toContain('Error: psql cannot log in to several hosts with --iam-auth\n')
  })
})
