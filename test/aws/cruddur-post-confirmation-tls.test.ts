import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, expect, test} from 'vitest'
import {readLoginToken} from '../support/aws/login-token.js'
import {type LoginServer, loginServer} from '../support/login-server.js'
import {packageRoot} from '../support/program.js'
import {type Authority, makeAuthority} from '../support/tls.js'
import {startTlsServer, type TlsServer} from '../support/tls-server.js'
import {until} from '../support/wait.js'
import {EVENT, type Line, type RunningFunction, startFunction, unpackFunction} from './lambda.js'

const HOST = 'db.abc.eu-west-1.rds.amazonaws.com'
const AWKWARD = `p%40"\\'# x`
const KEYS = {
  AWS_ACCESS_KEY_ID: 'ASIAFAKEFORTESTS0000',
  AWS_SECRET_ACCESS_KEY: 'fake/secret+of/the/tests/0123456789abcdef',
  AWS_SESSION_TOKEN: 'session/token+with=signs',
  AWS_REGION: 'ca-central-1',
}
const NO_KEYS = {
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: '/nonexistent/config',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/credentials',
}

let built: Awaited<ReturnType<typeof unpackFunction>>
let authority: Authority
let server: TlsServer
let logins: LoginServer
const running: RunningFunction[] = []

beforeAll(async () => {
  built = await unpackFunction()
  authority = await makeAuthority('Test Authority')
  const identity = await authority.issue({name: 'rds', hosts: [HOST]})
  logins = await loginServer(identity)
  server = await startTlsServer()
  await server.behave({
    identity,
    admits: [
      'hostssl all awkward 127.0.0.1/32 scram-sha-256',
      'hostssl all iam_user 127.0.0.1/32 password',
    ],
  })
  const quoted = AWKWARD.replaceAll("'", "''")
  await server.query(`CREATE ROLE awkward SUPERUSER LOGIN PASSWORD '${quoted}'`)
  await server.query(`CREATE ROLE iam_user LOGIN PASSWORD 'another'`)
  await server.query(readFileSync(join(packageRoot, 'db/schema.sql'), 'utf8'))
})
afterAll(async () => {
  logins.close()
  await server.close()
  built.remove()
})
beforeEach(() => {
  logins.passwords.length = 0
})
afterEach(async () => {
  for (const each of running.splice(0)) await each.stop()
})

function rootOf({certificate}: Authority): string {
  const path = join(built.folder, 'root.pem')
  writeFileSync(path, certificate)
  return `&sslrootcert=${path}`
}

function urlOf(user: string, port: number, options: string): string {
  return `postgres://${user}@${HOST}:${port}/postgres?hostaddr=127.0.0.1${options}`
}

/** What a call on this URL writes into the log, which is nothing of the way to the database. */
async function called(url: string, env: Record<string, string> = {}): Promise<Line | undefined> {
  const own = startFunction(built.folder, {CONNECTION_URL: url, ...NO_KEYS, ...env})
  running.push(own)
  expect((await own.call(EVENT)).event).toEqual(EVENT)
  await until(
    () => own.lines().length > 0,
    () => 'a line of the log',
  )
  const secrets = [HOST, AWKWARD, encodeURIComponent(AWKWARD), 'awkward', 'iam_user', 'delenn']
  for (const secret of [...secrets, ...Object.values(KEYS), 'X-Amz-'])
    expect(own.output()).not.toContain(secret)
  expect(own.lines()).toHaveLength(1)
  return own.lines()[0]
}

const login = `awkward:${encodeURIComponent(AWKWARD)}`

test('the server is verified with the authority that the URL names, and an awkward password logs in', async () => {
  const url = urlOf(login, server.port, rootOf(authority))
  expect(await called(url)).toMatchObject({outcome: 'added'})
})

test('a server that another authority vouches for gets no password', async () => {
  const other = await makeAuthority('Other Authority')
  const line = await called(urlOf('u:secret', logins.port, rootOf(other)))
  expect(line).toMatchObject({outcome: 'failed', code: 'TLS_FAILED'})
  expect(logins.passwords).toEqual([])
})

test('on an RDS host only Amazon’s authorities, which are in the zip, count unless the URL says otherwise', async () => {
  const line = await called(urlOf('u:secret', logins.port, ''))
  expect(line).toMatchObject({outcome: 'failed', code: 'TLS_FAILED'})
  expect(logins.passwords).toEqual([])
  // They could be had: without verification there is a login.
  await called(urlOf('u:secret', logins.port, '&sslmode=require'))
  expect(logins.passwords).toEqual(['secret'])
})

test('with IAM_AUTH=true the function’s role logs in, with a token for host, region and user', async () => {
  const url = urlOf('iam_user:not-sent', logins.port, rootOf(authority))
  await called(url, {...KEYS, IAM_AUTH: 'true'})
  expect(logins.passwords).not.toEqual([])
  for (const token of logins.passwords) {
    expect(readLoginToken(token, KEYS.AWS_SECRET_ACCESS_KEY)).toMatchObject({
      valid: 'true',
      host: `${HOST}:${logins.port}`,
      region: 'eu-west-1',
      DBUser: 'iam_user',
      'X-Amz-Security-Token': KEYS.AWS_SESSION_TOKEN,
    })
  }
})

test.each([
  ['the database refuses the role', KEYS, 'LOGIN_FAILED', /IAM_AUTH=true/],
  ['there is no role', {}, 'AWS_CREDENTIALS', /^the function has no role/],
])('with IAM_AUTH=true, where %s, the log says so', async (_, keys, code, hint) => {
  const url = urlOf('iam_user', server.port, rootOf(authority))
  const line = await called(url, {...keys, IAM_AUTH: 'true'})
  expect(line).toMatchObject({outcome: 'failed', code, hint: expect.stringMatching(hint)})
})
