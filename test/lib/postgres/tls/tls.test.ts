import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {makeAuthority} from '../../../support/tls.js'
import {hasPsql, ourOutcome, psqlOutcome} from '../../../support/tls-outcome.js'
import {startTlsServer, type TlsBehaviour, type TlsServer} from '../../../support/tls-server.js'

const HOUR_MS = 3_600_000
const inHours = (hours: number): Date => new Date(Date.now() + hours * HOUR_MS)
const minute = (date: Date): string => `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`

const authority = await makeAuthority('Test authority')
const stranger = await makeAuthority('Other authority')
const good = await authority.issue({name: 'server', hosts: ['localhost']})
const wrongName = await authority.issue({
  name: 'server',
  hosts: ['db.example.test', '*.example.test'],
})
const unknown = await stranger.issue({name: 'server', hosts: ['localhost']})
const [from, to] = [inHours(-48), inHours(-24)]
const expired = await authority.issue({name: 'server', hosts: ['localhost'], from, to})

const home = mkdtempSync(join(tmpdir(), 'cruddur-db-tls-'))
const root = join(home, 'ca.pem')
writeFileSync(root, authority.certificate)
let server: TlsServer

beforeAll(async () => {
  server = await startTlsServer()
  await server.query(`CREATE ROLE u LOGIN PASSWORD 'p'`)
})
afterAll(async () => {
  await server.close()
  rmSync(home, {recursive: true, force: true})
})

const ANY = 'host all u 127.0.0.1/32 scram-sha-256'
const ONLY_TLS = 'hostssl all u 127.0.0.1/32 scram-sha-256'

const SERVERS = {
  'without TLS': {admits: [ANY]},
  'with TLS': {identity: good, admits: [ANY]},
  'that forces TLS': {identity: good, admits: [ONLY_TLS]},
  'that refuses TLS': {
    identity: good,
    admits: ['hostnossl all u 127.0.0.1/32 scram-sha-256'],
  },
  'with another name': {identity: wrongName, admits: [ANY]},
  'of an unknown authority': {identity: unknown, admits: [ANY]},
  'with an expired certificate': {identity: expired, admits: [ANY]},
  'that demands a client certificate': {
    identity: good,
    clientAuthorities: authority.certificate,
    admits: [`${ONLY_TLS} clientcert=verify-ca`],
  },
} satisfies Record<string, TlsBehaviour>

type ServerName = keyof typeof SERVERS
type Mode = 'absent' | 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full'

const NO_ENTRY = 'no pg_hba.conf entry for host "127.0.0.1", user "u", database "postgres",'

/** What the words in the matrix stand for; `@` is the server. */
const REFUSALS: Record<string, string> = {
  none: 'TLS_FAILED not-offered: @ does not offer TLS, which this target requires',
  unknown:
    'TLS_FAILED unknown-authority: the certificate of @ is of an unknown authority: it is signed by Test authority',
  other:
    'TLS_FAILED unknown-authority: the certificate of @ is of an unknown authority: it is signed by Other authority',
  unlisted: `TLS_FAILED unknown-authority: no authority in ${root} has signed the certificate of @: it is signed by Other authority`,
  forced: `LOGIN_FAILED plain-refused: @ refuses unencrypted connections of u to "postgres": ${NO_ENTRY} no encryption`,
  barred: `LOGIN_FAILED tls-refused: @ refuses encrypted connections of u to "postgres": ${NO_ENTRY} SSL encryption`,
  name: 'TLS_FAILED wrong-name: the certificate of @ is for db.example.test, *.example.test, not for localhost',
  expired: `TLS_FAILED expired: the certificate of @ has expired: it is for the time from ${minute(from)} to ${minute(to)}`,
  client:
    'LOGIN_FAILED client-certificate-missing: @ demands a client certificate: connection requires a valid client certificate',
}

const MODES: Mode[] = [
  'absent',
  'disable',
  'allow',
  'prefer',
  'require',
  'verify-ca',
  'verify-full',
]

/**
 * For each server and sslmode, in the order of MODES: without a root certificate / with sslrootcert. psql
 * comes to the same everywhere; where it wants a root.crt and does not look at the server (verify-ca and
 * verify-full without one), we have looked with the authorities of Node, which know none of these servers.
 */
const MATRIX: Record<ServerName, string[]> = {
  'without TLS': [
    ...['plain/plain', 'plain/plain', 'plain/plain', 'plain/plain'],
    ...['none/none', 'none/none', 'none/none'],
  ],
  'with TLS': [
    ...['tls/tls', 'plain/plain', 'plain/plain', 'tls/tls'],
    ...['tls/tls', 'unknown/tls', 'unknown/tls'],
  ],
  'that forces TLS': [
    ...['tls/tls', 'forced/forced', 'tls/tls', 'tls/tls'],
    ...['tls/tls', 'unknown/tls', 'unknown/tls'],
  ],
  'that refuses TLS': [
    ...['plain/plain', 'plain/plain', 'plain/plain', 'plain/plain'],
    ...['barred/barred', 'unknown/barred', 'unknown/barred'],
  ],
  'with another name': [
    ...['tls/tls', 'plain/plain', 'plain/plain', 'tls/tls'],
    ...['tls/tls', 'unknown/tls', 'unknown/name'],
  ],
  // With authorities at hand libpq verifies in prefer too, and goes without TLS when that fails.
  'of an unknown authority': [
    ...['tls/plain', 'plain/plain', 'plain/plain', 'tls/plain'],
    ...['tls/unlisted', 'other/unlisted', 'other/unlisted'],
  ],
  'with an expired certificate': [
    ...['tls/plain', 'plain/plain', 'plain/plain', 'tls/plain'],
    ...['tls/expired', 'expired/expired', 'expired/expired'],
  ],
  'that demands a client certificate': [
    ...['client/client', 'forced/forced', 'client/client', 'client/client'],
    ...['client/client', 'unknown/client', 'unknown/client'],
  ],
}

const CELLS = MODES.flatMap((mode, row) =>
  [undefined, root].map((file, column) => ({mode, file, row, column})),
)

describe.each(Object.keys(SERVERS) as ServerName[])('a server %s', (name) => {
  beforeAll(() => server.behave(SERVERS[name]))

  const urlOf = ({mode, file}: (typeof CELLS)[number]): string => {
    const parameters = [
      'hostaddr=127.0.0.1',
      ...(mode === 'absent' ? [] : [`sslmode=${mode}`]),
      ...(file ? [`sslrootcert=${file}`] : []),
    ]
    return `postgres://u:p@localhost:${server.port}/postgres?${parameters.join('&')}`
  }
  const expected = ({row, column}: (typeof CELLS)[number]): string => {
    const word = MATRIX[name][row]?.split('/')[column] ?? ''
    return REFUSALS[word]?.replace('@', `localhost:${server.port}`) ?? word
  }
  const labels = (outcomes: string[]): string[] =>
    CELLS.map(({mode, file}, at) => `${mode}${file ? ' with root' : ''}: ${outcomes[at]}`)

  test('is met in every sslmode as the matrix says', async () => {
    const outcomes: string[] = []
    for (const cell of CELLS) outcomes.push(await ourOutcome(urlOf(cell), home))
    expect(labels(outcomes)).toEqual(labels(CELLS.map(expected)))
  })

  test.skipIf(!hasPsql)('is met by psql in the same way', async () => {
    const outcomes: string[] = []
    for (const cell of CELLS) outcomes.push(await psqlOutcome(urlOf(cell), home))
    const same = CELLS.map(expected).map((ours) => (/^(tls|plain)$/.test(ours) ? ours : 'refused'))
    expect(labels(outcomes)).toEqual(labels(same))
  })
})
