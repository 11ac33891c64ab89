import {chmodSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {type AddressInfo, connect, createServer, type Server, type Socket} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, beforeEach, expect, test} from 'vitest'
import {type AddressServer, startAddressServer} from '../support/aws/address-server.js'
import {type FakeAws, startFakeAws} from '../support/aws/fake-aws.js'
import {urlOf} from '../support/postgres.js'
import {runProgram} from '../support/program.js'

const HOST = 'db.abc.ca-central-1.rds.amazonaws.com'
const GROUP = 'sg-0123456789abcdef0'
const RULE = 'sgr-0123456789abcdef0'

let fake: FakeAws
let addresses: AddressServer
let silent: Server
let folder: string
const sockets = new Set<Socket>()

beforeAll(async () => {
  fake = await startFakeAws()
  addresses = await startAddressServer(() => ({body: '203.0.113.9\n'}))
  silent = createServer((socket) => sockets.add(socket.on('error', () => {})))
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-silence-'))
  writeFileSync(join(folder, 'psql'), '#!/bin/sh\necho psql was started\n')
  chmodSync(join(folder, 'psql'), 0o755)
})
afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  silent.close()
  await fake.close()
  await addresses.close()
  rmSync(folder, {recursive: true, force: true})
})
beforeEach(() => {
  fake.requests.length = 0
  addresses.requests.length = 0
})

function run(args: readonly string[], {host = HOST, query = ''} = {}) {
  const {port} = silent.address() as AddressInfo
  const url = `postgres://u:p%23w@${host}:${port}/d?hostaddr=127.0.0.1&${query}`
  const env = {
    ...fake.env,
    PATH: `${folder}:${process.env['PATH']}`,
    DB_SG_ID: GROUP,
    DB_SG_RULE_ID: RULE,
    CRUDDUR_DB_IP_URLS: addresses.url,
    PROD_CONNECTION_URL: url,
  }
  const where = `${host}:${port}`
  return {port, where, result: runProgram([...args, '--prod'], {env})}
}

const SHORT = {query: 'connect_timeout=1'}

test('a silent RDS host is given up after 10 s, with the rule and the command that opens it', async () => {
  const started = Date.now()
  const {port, result, where} = run(['sessions'])
  expect(await result).toEqual({
    code: 3,
    stdout: '',
    stderr: `PRODUCTION  u@${where}/d
Error: no answer from ${where} within 10 s
  this machine's address is 203.0.113.9
  the rule ${RULE} of ${GROUP} admits 198.51.100.7/32 on tcp 5432: not this machine
  → let this machine in: cruddur-db rds-update-sg-rule --port ${port}
`,
  })
  // What was found out was found out while it was waited.
  expect(Date.now() - started).toBeLessThan(13_000)
})

test('a script gets the same as fields', async () => {
  const {port, result, where} = run(['create', '--json'], SHORT)
  const {code, stdout} = await result
  expect(code).toBe(3)
  expect(JSON.parse(stdout)).toEqual({
    error: {
      code: 'CONNECT_TIMEOUT',
      message: `no answer from ${where} within 1 s`,
      hint: `let this machine in: cruddur-db rds-update-sg-rule --port ${port}`,
      address: '203.0.113.9',
      rule: {
        groupId: GROUP,
        ruleId: RULE,
        cidr: '198.51.100.7/32',
        protocol: 'tcp',
        port: 5432,
        toPort: 5432,
        description: 'GITPOD',
      },
      admitted: false,
    },
  })
})

test('the rule is only read, never changed', async () => {
  await run(['sessions'], SHORT).result
  expect(fake.requests.map(({action}) => action)).toEqual(['DescribeSecurityGroupRules'])
})

test('of a silent host that is not of RDS nobody is asked anything', async () => {
  const {result, where} = run(['sessions'], {...SHORT, host: 'db.example.com'})
  const {code, stderr} = await result
  expect(code).toBe(3)
  expect(stderr).toContain(`Error: no answer from ${where} within 1 s\n  → `)
  expect([...fake.requests, ...addresses.requests]).toEqual([])
})

test('a host that answers late is not examined any longer, nor waited for', async () => {
  const real = new URL(urlOf('postgres'))
  const late = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    // Behind the 3 s after which a silence is examined.
    setTimeout(() => {
      const onward = connect(Number(real.port || 5432), real.hostname)
      sockets.add(onward.on('error', () => {}))
      socket.pipe(onward).pipe(socket)
    }, 3500)
  })
  await new Promise<void>((resolve) => late.listen(0, '127.0.0.1', resolve))
  // The first service is silent for its 3 s, and EC2 for all of its time: the examination lasts until 6 s at least.
  fake.fail('DescribeSecurityGroupRules', {how: 'silence'})
  const slow = await startAddressServer(() => 'silence')
  const {port} = late.address() as AddressInfo
  const login = `${real.username}:${real.password}`
  const url = `postgres://${login}@${HOST}:${port}/postgres?hostaddr=127.0.0.1&sslmode=disable`
  const started = Date.now()
  const {code, stderr} = await runProgram(['sessions', '--json', '--url', url], {
    env: {
      ...fake.env,
      DB_SG_ID: GROUP,
      DB_SG_RULE_ID: RULE,
      CRUDDUR_DB_IP_URLS: `${slow.url} ${slow.url}`,
    },
  })
  const elapsed = Date.now() - started
  fake.fail('DescribeSecurityGroupRules', {times: 0})
  await slow.close()
  late.close()
  expect(code, stderr).toBe(0)
  expect(slow.requests).toHaveLength(1)
  expect(fake.requests.map(({action}) => action)).toEqual(['DescribeSecurityGroupRules'])
  expect(elapsed).toBeLessThan(5500)
})

test('connect starts psql only where an RDS host takes connections', async () => {
  // The silent server takes them, and psql is left alone with it.
  expect(await run(['connect'], SHORT).result).toMatchObject({
    code: 0,
    stdout: 'psql was started\n',
  })
  // TEST-NET-1 (RFC 5737) is nobody's, but a proxy on the way may answer for it: so a port where nothing listens.
  const refusing = createServer()
  await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve))
  const {port} = refusing.address() as AddressInfo
  await new Promise((resolve) => refusing.close(resolve))
  const url = `postgres://u@${HOST}:${port}/d?hostaddr=127.0.0.1`
  const {code, stdout, stderr} = await runProgram(['connect', '--url', url], {
    env: {PATH: `${folder}:${process.env['PATH']}`},
  })
  expect({code, stdout}).toEqual({code: 3, stdout: ''})
  expect(stderr).toContain(`Error: nothing listens at ${HOST}:${port}\n`)
})
