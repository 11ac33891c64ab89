import {createPrivateKey} from 'node:crypto'
import {chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type Certified, makeAuthority, selfSigned} from '../../../support/tls.js'
import {hasPsql, ourOutcome, psqlOutcome} from '../../../support/tls-outcome.js'
import {startTlsServer, type TlsBehaviour, type TlsServer} from '../../../support/tls-server.js'

const HOUR_MS = 3_600_000
const inHours = (hours: number): Date => new Date(Date.now() + hours * HOUR_MS)
const minute = (date: Date): string => `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`
const past = {from: inHours(-48), to: inHours(-24)}
const future = {from: inHours(24), to: inHours(48)}

const authority = await makeAuthority('Test authority')
const stranger = await makeAuthority('Other authority')
const deputy = await authority.deputy('Deputy')
const oldDeputy = await authority.deputy('Old deputy', past)

const home = mkdtempSync(join(tmpdir(), 'cruddur-db-tls-'))
let server: TlsServer

beforeAll(async () => {
  server = await startTlsServer()
  await server.query(`CREATE ROLE u LOGIN PASSWORD 'p'`)
})
afterAll(async () => {
  await server.close()
  rmSync(home, {recursive: true, force: true})
})

function file(name: string, text: string, mode = 0o600): string {
  const path = join(home, name)
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

const root = file('ca.pem', authority.certificate)
const LINE = '127.0.0.1/32 scram-sha-256'

interface Case {
  does: string
  behaviour?: Omit<TlsBehaviour, 'admits'> & {admits?: string[]}
  host?: string
  query: string
  /** `@` stands for the server. */
  ours: string
  /** Where it is not what ours comes to. */
  psql?: 'tls' | 'plain' | 'refused'
}

/** Meets the server of each case as we do and as psql does. */
function compare(cases: readonly Case[], usual: TlsBehaviour): void {
  test.each(cases)('$does', async ({behaviour, host = 'localhost', query, ours, psql}) => {
    await server.behave({...usual, ...behaviour})
    const url = `postgres://u:p@${host}:${server.port}/postgres?hostaddr=127.0.0.1&${query}`
    expect(await ourOutcome(url, home)).toBe(ours.replace('@', `${host}:${server.port}`))
    if (!hasPsql || /sslnegotiation/.test(query)) return
    const connected = ours === 'tls' || ours === 'plain'
    expect(await psqlOutcome(url, home)).toBe(psql ?? (connected ? ours : 'refused'))
  })
}

const chain = (leaf: Certified, ...others: Certified[]): Certified => ({
  ...leaf,
  certificate: [leaf, ...others].map(({certificate}) => certificate).join(''),
})
const localhost = {name: 'server', hosts: ['localhost']}

describe('a server’s certificate', async () => {
  const leaf = await deputy.issue(localhost)
  const full = `sslmode=verify-full&sslrootcert=${root}`
  const named = async (wanted: Parameters<typeof authority.issue>[0]) => ({
    identity: await authority.issue(wanted),
  })
  const many = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => `${name}.example.test`)
  const self = await selfSigned(localhost)

  const cases: Case[] = [
    {
      does: 'is verified through an authority between, when the server sends that one too',
      behaviour: {identity: chain(leaf, deputy)},
      query: full,
      ours: 'tls',
    },
    {
      does: 'is of an unknown authority when the server does not send the one between',
      behaviour: {identity: leaf},
      query: full,
      ours: `TLS_FAILED unknown-authority: no authority in ${root} has signed the certificate of @: it is signed by Deputy`,
    },
    {
      does: 'is of an unknown authority when only the one between is trusted',
      behaviour: {identity: leaf},
      query: `sslmode=verify-full&sslrootcert=${file('deputy.pem', deputy.certificate)}`,
      ours: `TLS_FAILED unknown-authority: no authority in ${join(home, 'deputy.pem')} has signed the certificate of @: it is signed by Test authority`,
    },
    {
      does: 'signed by itself is told as such',
      behaviour: {identity: self},
      query: full,
      ours: `TLS_FAILED unknown-authority: no authority in ${root} has signed the certificate of @: it is signed by itself`,
    },
    {
      does: 'signed by itself is trusted when it is named',
      behaviour: {identity: self},
      query: `sslmode=verify-full&sslrootcert=${file('self.pem', self.certificate)}`,
      ours: 'tls',
    },
    {
      does: 'of an authority that has expired names that one',
      behaviour: {identity: chain(await oldDeputy.issue(localhost), oldDeputy)},
      query: full,
      ours: `TLS_FAILED expired: the authority Old deputy behind the certificate of @ has expired: it is for the time from ${minute(past.from)} to ${minute(past.to)}`,
    },
    {
      does: 'that is not valid yet says from when on it is',
      behaviour: await named({...localhost, ...future}),
      query: full,
      ours: `TLS_FAILED not-yet-valid: the certificate of @ is not valid yet: it is for the time from ${minute(future.from)} to ${minute(future.to)}`,
    },
    {
      does: 'for the address is taken for the address',
      behaviour: await named({name: 'server', addresses: ['127.0.0.1']}),
      host: '127.0.0.1',
      query: full,
      ours: 'tls',
    },
    {
      does: 'with the address as common name is taken for the address, as in libpq',
      behaviour: await named({name: '127.0.0.1', hosts: ['localhost']}),
      host: '127.0.0.1',
      query: full,
      ours: 'tls',
    },
    {
      does: 'with the address among the DNS names is taken for the address, as in libpq',
      behaviour: await named({name: 'server', hosts: ['127.0.0.1']}),
      host: '127.0.0.1',
      query: full,
      ours: 'tls',
    },
    {
      does: 'with another address is not taken for the one in the common name',
      behaviour: await named({name: '127.0.0.1', addresses: ['127.0.0.2']}),
      host: '127.0.0.1',
      query: full,
      ours: 'TLS_FAILED wrong-name: the certificate of @ is for 127.0.0.2, not for 127.0.0.1',
    },
    {
      does: 'without other names is for its common name',
      behaviour: await named({name: 'localhost'}),
      query: full,
      ours: 'tls',
    },
    {
      does: 'with many names shows five of them',
      behaviour: await named({name: 'server', hosts: many}),
      query: full,
      ours: `TLS_FAILED wrong-name: the certificate of @ is for ${many.slice(0, 5).join(', ')} and 2 more, not for localhost`,
    },
    {
      does: 'by another name does with verify-ca',
      behaviour: await named({name: 'server', hosts: many}),
      query: `sslmode=verify-ca&sslrootcert=${root}`,
      ours: 'tls',
    },
  ]
  compare(cases, {admits: [`host all u ${LINE}`]})
})

describe('a version of TLS', async () => {
  const identity = await authority.issue(localhost)
  const none = 'TLS_FAILED protocol-version: @ and this target have no version of TLS in common'
  const cases: Case[] = [
    {
      does: 'below the server’s lowest is refused',
      behaviour: {settings: {ssl_min_protocol_version: 'TLSv1.3'}},
      query: 'sslmode=require&ssl_max_protocol_version=TLSv1.2',
      ours: none,
    },
    {
      does: 'above the server’s highest is refused',
      behaviour: {settings: {ssl_max_protocol_version: 'TLSv1.2'}},
      query: 'sslmode=require&ssl_min_protocol_version=TLSv1.3',
      ours: none,
    },
    {
      does: 'that both know is found',
      behaviour: {settings: {ssl_max_protocol_version: 'TLSv1.2'}},
      query: 'sslmode=require',
      ours: 'tls',
    },
    {
      does: 'that cannot be agreed on is gone without in prefer',
      behaviour: {settings: {ssl_min_protocol_version: 'TLSv1.3'}},
      query: 'sslmode=prefer&ssl_max_protocol_version=TLSv1.2',
      ours: 'plain',
    },
    {
      does: 'can be spoken from the first byte on',
      query: 'sslmode=require&sslnegotiation=direct',
      ours: 'tls',
    },
  ]
  compare(cases, {identity, admits: [`host all u ${LINE}`]})
})

describe('a client’s certificate', async () => {
  const pair = (name: string, {certificate, key}: Certified, mode?: number): string => {
    const [cert, path] = [file(`${name}.crt`, certificate), file(`${name}.key`, key, mode)]
    return `sslmode=require&sslcert=${cert}&sslkey=${path}`
  }
  const own = await authority.issue({name: 'u'})
  const locked = createPrivateKey(own.key)
    .export({type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'sesame'})
    .toString()
  const refused = 'TLS_FAILED client-certificate-refused: @ does not accept the client certificate'
  const url = '--url: sslkey leads to'

  const cases: Case[] = [
    {does: 'that the server trusts logs in', query: pair('own', own), ours: 'tls'},
    {
      does: 'with a locked key logs in with its password',
      query: `${pair('locked', {...own, key: locked})}&sslpassword=sesame`,
      ours: 'tls',
    },
    {
      does: 'of an unknown authority is refused by the server',
      query: pair('unknown', await stranger.issue({name: 'u'})),
      ours: `${refused} in ${join(home, 'unknown.crt')}: the server does not trust the authority that signed it`,
    },
    {
      does: 'that has expired is refused by the server',
      query: pair('expired', await authority.issue({name: 'u', ...past})),
      ours: `${refused} in ${join(home, 'expired.crt')}: it has expired`,
    },
    {
      does: 'of somebody else does not log in',
      query: pair('v', await authority.issue({name: 'v'})),
      ours: 'LOGIN_FAILED client-certificate-user: @ refuses the login: certificate authentication failed for user "u"',
    },
    {
      does: 'with a key of another one is refused before the server is asked',
      query: pair('misfit', {...own, key: stranger.key}),
      ours: `CONFIGURATION: ${url} ${join(home, 'misfit.key')}, which does not belong to the certificate in ${join(home, 'misfit.crt')}: write the path of the certificate's key`,
    },
    {
      does: 'with a key that others may read is refused',
      query: pair('open', own, 0o644),
      ours: `CONFIGURATION: ${url} ${join(home, 'open.key')}, which others may read (mode 644): run chmod 600 ${join(home, 'open.key')}`,
    },
  ]
  compare(cases, {
    identity: await authority.issue(localhost),
    clientAuthorities: authority.certificate,
    admits: ['hostssl all u 127.0.0.1/32 cert'],
  })

  test.skipIf(process.getuid?.() !== 0)('may have a key of root’s that a group reads', async () => {
    const query = pair('group', own, 0o640)
    const at = `postgres://u@localhost:${server.port}/postgres?hostaddr=127.0.0.1&${query}`
    expect(await ourOutcome(at, home)).toBe('tls')
    if (hasPsql) expect(await psqlOutcome(at, home)).toBe('tls')
    chownSync(join(home, 'group.key'), 65_534, 65_534)
    expect(await ourOutcome(at, home)).toContain('which others may read (mode 640)')
    if (hasPsql) expect(await psqlOutcome(at, home)).toBe('refused')
  })
})

describe('where psql goes another way, on purpose:', async () => {
  const empty = file('empty.pem', '')
  const own = await authority.issue({name: 'u'})
  const cases: Case[] = [
    {
      does: 'a file of authorities without any is refused, where psql goes without TLS in prefer',
      query: `sslrootcert=${empty}`,
      ours: `CONFIGURATION: --url: sslrootcert leads to ${empty}, which holds no certificate: write the path of a PEM file`,
      psql: 'plain',
    },
    {
      does: 'a certificate that is not there is refused, where psql goes without it',
      query: `sslcert=${join(home, 'none.crt')}&sslkey=${file('k.key', own.key)}`,
      ours: `CONFIGURATION: --url: sslcert leads to ${join(home, 'none.crt')}, which cannot be read: write the path of a PEM file`,
      psql: 'tls',
    },
    {
      does: 'a key that others may read is refused, where psql goes without TLS in prefer',
      query: `sslcert=${file('p.crt', own.certificate)}&sslkey=${file('p.key', own.key, 0o644)}`,
      ours: `CONFIGURATION: --url: sslkey leads to ${join(home, 'p.key')}, which others may read (mode 644): run chmod 600 ${join(home, 'p.key')}`,
      psql: 'plain',
    },
  ]
  compare(cases, {identity: await authority.issue(localhost), admits: [`host all u ${LINE}`]})
})
