import {createPrivateKey} from 'node:crypto'
import {chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {delimiter, join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type ProgramResult, runProgram} from '../support/program.js'
import {makeAuthority} from '../support/tls.js'
import {hasPsql} from '../support/tls-outcome.js'
import {startTlsServer, type TlsServer} from '../support/tls-server.js'

const authority = await makeAuthority('Test authority')
const home = mkdtempSync(join(tmpdir(), 'cruddur-db-tls-'))
let server: TlsServer

const file = (name: string, text: string, mode = 0o600): string => {
  const path = join(home, name)
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}
const root = file('ca.pem', authority.certificate)

beforeAll(async () => {
  server = await startTlsServer()
  await server.query(`CREATE ROLE u LOGIN SUPERUSER PASSWORD 'p'`)
  await server.behave({
    identity: await authority.issue({name: 'server', hosts: ['localhost']}),
    clientAuthorities: authority.certificate,
    admits: ['hostssl all u 127.0.0.1/32 scram-sha-256'],
  })
})
afterAll(async () => {
  await server.close()
  rmSync(home, {recursive: true, force: true})
})

const urlOf = (query: string, host = 'localhost'): string =>
  `postgres://u:p@${host}:${server.port}/postgres?hostaddr=127.0.0.1&${query}`

const run = (args: string[], env: Record<string, string> = {}): Promise<ProgramResult> =>
  runProgram(args, {env: {HOME: home, ...env}})

const errorOf = ({stdout}: ProgramResult): unknown => JSON.parse(stdout).error

describe('a failure of TLS', () => {
  test('is told with its cure, and ends with 3', async () => {
    const url = urlOf(`sslmode=verify-full&sslrootcert=${root}`, '127.0.0.1')
    const {code, stderr} = await run(['create', '--url', url])
    expect(code).toBe(3)
    expect(stderr.trimEnd().split('\n')).toEqual([
      `url  u@127.0.0.1:${server.port}/postgres`,
      `Error: the certificate of 127.0.0.1:${server.port} is for localhost, not for 127.0.0.1`,
      '  → write a host of the certificate into the URL, with ?hostaddr=127.0.0.1 where that name leads elsewhere; or sslmode=verify-ca, which ignores names',
    ])
  })

  test.each([['create'], ['drop'], ['sessions'], ['schema-load'], ['seed'], ['setup']])(
    'is the same for %s, and a script can tell it by its reason',
    async (command) => {
      const url = urlOf('sslmode=verify-full')
      const result = await run([command, '--json', '--url', url])
      expect(result.code).toBe(3)
      expect(errorOf(result)).toEqual({
        code: 'TLS_FAILED',
        message: `the certificate of localhost:${server.port} is of an unknown authority: it is signed by Test authority`,
        hint: 'name the authority that signed the server certificate: ?sslrootcert=FILE in the URL',
        reason: 'unknown-authority',
      })
    },
  )

  test('of a server that forces TLS keeps PostgreSQL’s words and SQLSTATE', async () => {
    const result = await run(['create', '--json', '--url', urlOf('sslmode=disable')])
    expect(result.code).toBe(3)
    expect(errorOf(result)).toEqual({
      code: 'LOGIN_FAILED',
      message: `localhost:${server.port} refuses unencrypted connections of u to "template1": no pg_hba.conf entry for host "127.0.0.1", user "u", database "template1", no encryption`,
      sqlstate: '28000',
      hint: 'remove sslmode=disable from the URL: the server may admit connections with TLS',
      reason: 'plain-refused',
    })
  })

  test('of a file is one of configuration: 2, and no password in it', async () => {
    const {certificate, key} = await authority.issue({name: 'u'})
    const locked = createPrivateKey(key)
      .export({type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'sesame'})
      .toString()
    const pair = `sslcert=${file('c.crt', certificate)}&sslkey=${file('c.key', locked)}`
    const url = urlOf(`sslmode=require&${pair}&sslpassword=not-it-7`)
    const result = await run(['create', '--json', '--url', url])
    expect(result.code).toBe(2)
    expect(errorOf(result)).toMatchObject({
      code: 'CONFIGURATION',
      message: `--url: sslkey leads to ${join(home, 'c.key')}, which sslpassword does not open: correct sslpassword`,
    })
    expect(result.stdout + result.stderr).not.toContain('not-it-7')
  })

  test('does not happen where Node is given the authority', async () => {
    const env = {NODE_EXTRA_CA_CERTS: root}
    const {code} = await run(['sessions', '--url', urlOf('sslmode=verify-full')], env)
    expect(code).toBe(0)
  })
})

const FAR = 'db.c1ab.il-central-1.rds.amazonaws.com'

test('a region whose authorities do not come along ends with 2 and where they are', async () => {
  const result = await run(['sessions', '--json', '--url', `postgres://u:p@${FAR}/d`])
  const bundle = 'https://truststore.pki.rds.amazonaws.com/il-central-1/il-central-1-bundle.pem'
  expect(result.code).toBe(2)
  expect(errorOf(result)).toEqual({
    code: 'TLS_AUTHORITY_MISSING',
    message: 'the certificate authorities of RDS in il-central-1 do not come with cruddur-db',
    hint: `download ${bundle} and name it in the URL: ?sslmode=verify-full&sslrootcert=FILE`,
    region: 'il-central-1',
    bundle,
  })
})

describe('connect', () => {
  const shims = join(home, 'bin')

  beforeAll(() => {
    mkdirSync(shims)
    // Stands in for psql: tells what it was given for TLS.
    const script = `#!/bin/sh
env | grep '^PG\\(SSL\\|SERVICE\\)'
if [ -f "$PGSSLROOTCERT" ]; then echo "authorities=$(grep -c BEGIN "$PGSSLROOTCERT")"; fi
if [ -n "$PGSERVICEFILE" ]; then cat "$PGSERVICEFILE"; ls -l "$PGSERVICEFILE" | cut -c1-10; fi
`
    writeFileSync(join(shims, 'psql'), script, {mode: 0o755})
  })

  const connect = async (url: string, ...args: string[]): Promise<string[]> => {
    const env = {PATH: `${shims}${delimiter}/usr/bin${delimiter}/bin`, PGSERVICE: 'elsewhere'}
    const {stdout} = await run(['connect', '--url', url, ...args], env)
    return stdout.trimEnd().split('\n').sort()
  }
  const rds = 'db.c1ab.eu-central-1.rds.amazonaws.com'

  test.each([
    ['an instance', rds, 3],
    ['an RDS Proxy', 'p.proxy-c1ab.il-central-1.rds.amazonaws.com', 5],
  ])('hands psql the authorities of %s', async (_, host, count) => {
    const lines = await connect(urlOf('connect_timeout=9', host))
    expect(lines).toContain('PGSSLMODE=verify-full')
    expect(lines).toContain(`authorities=${count}`)
    const path = lines.find((line) => line.startsWith('PGSSLROOTCERT='))?.split('=')[1] ?? ''
    expect(path).toMatch(/authorities\.pem$/)
    expect(existsSync(path)).toBe(false)
  })

  test.each([
    ['sslmode=require', 'verify-ca'],
    ['sslmode=prefer', 'prefer'],
  ])('hands psql the file of authorities with %s too', async (query, mode) => {
    const lines = await connect(`postgres://u:p@h/d?${query}&sslrootcert=${root}`)
    expect(lines).toEqual([`PGSSLMODE=${mode}`, `PGSSLROOTCERT=${root}`, 'authorities=1'].sort())
  })

  test('has psql verify RDS as little as the URL asks for, whatever root.crt there is', async () => {
    const lines = await connect(urlOf('sslmode=require', rds))
    expect(lines).toEqual(['PGSSLMODE=require', 'PGSSLROOTCERT=/dev/null/none'])
  })

  test('does not open psql for a region whose authorities do not come along', async () => {
    const {code, stdout, stderr} = await run(
      ['connect', '--url', urlOf('connect_timeout=9', FAR)],
      {
        PATH: `${shims}${delimiter}/usr/bin${delimiter}/bin`,
      },
    )
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain('the certificate authorities of RDS in il-central-1 do not come')
  })

  test('hands psql the password of a key in a file of its own', async () => {
    const {certificate, key} = await authority.issue({name: 'u'})
    const locked = createPrivateKey(key)
      .export({type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'ses ame#='})
      .toString()
    const pair = `sslcert=${file('l.crt', certificate)}&sslkey=${file('l.key', locked)}`
    const query = `sslmode=require&${pair}&sslpassword=ses%20ame%23%3D`
    const lines = await connect(urlOf(query))
    expect(lines).toEqual(
      expect.arrayContaining(['-rw-------', 'PGSERVICE=cruddur-db', 'sslpassword=ses ame#=']),
    )
    const path = lines.find((line) => line.startsWith('PGSERVICEFILE='))?.split('=')[1] ?? ''
    expect(existsSync(path)).toBe(false)
    if (!hasPsql) return
    const said = await run(['connect', '--url', urlOf(query), '--', '-XAtc', 'SELECT 1'])
    expect(said).toMatchObject({code: 0, stdout: '1\n'})
  })
})
