import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {
  type AtEnd,
  findAndCure,
  folderOf,
  type PlantedFault,
  runDoctor,
  type Scene,
} from '../support/planted-fault.js'
import {type Authority, type Certified, makeAuthority} from '../support/tls.js'
import {startTlsServer, type TlsServer} from '../support/tls-server.js'

const DAY_MS = 86_400_000
const ADMITS = ['host all all 127.0.0.1/32 trust']
const inDays = (days: number): Date => new Date(Date.now() + days * DAY_MS)

let server: TlsServer
let authority: Authority
let folder: string
let good: Certified
const removals: (() => unknown)[] = []
const atEnd: AtEnd = (remove) => removals.unshift(remove)

beforeAll(async () => {
  server = await startTlsServer()
  atEnd(server.close)
  folder = folderOf(atEnd)
  authority = await makeAuthority('Test Authority', {to: inDays(900)})
  writeFileSync(join(folder, 'ca.pem'), authority.certificate)
  good = await issue({to: inDays(90)})
})
afterAll(async () => {
  for (const remove of removals) await remove()
})

const issue = (wanted: {from?: Date; to?: Date; name?: string}): Promise<Certified> => {
  const {name = 'localhost', ...span} = wanted
  return authority.issue({name, hosts: [name], ...span})
}
const authorities = (): string => `sslrootcert=${encodeURIComponent(join(folder, 'ca.pem'))}`
const urlWith = (query: string): string =>
  `postgres://postgres:password@localhost:${server.port}/postgres?hostaddr=127.0.0.1&${query}`
const scene = (query: string, env: Record<string, string> = {}): Scene => ({
  args: ['--url', urlWith(query)],
  cwd: folder,
  env: {HOME: folder, CRUDDUR_DB_HOME: join(folder, 'server'), ...env},
})
const production = (query: string): Scene => ({
  ...scene(query, {PROD_CONNECTION_URL: urlWith(query)}),
  args: ['--prod'],
})

/** A server with another certificate, until it gets a good one. */
function certificate(
  fault: Omit<PlantedFault, 'plant' | 'check'>,
  identity: () => Promise<Certified | undefined>,
  query: () => string,
): PlantedFault {
  return {
    ...fault,
    check: 'tls',
    plant: async () => {
      await server.behave({identity: await identity(), admits: ADMITS})
      return {
        scene: scene(query()),
        cure: async () => {
          await server.behave({identity: good, admits: ADMITS})
          return undefined
        },
      }
    },
  }
}

/** A target that asks for too little or too much, until its URL is corrected. */
function settings(
  fault: Omit<PlantedFault, 'plant' | 'check'>,
  before: () => Scene,
  after: () => Scene,
  identity: () => Certified | undefined = () => good,
): PlantedFault {
  return {
    ...fault,
    check: 'tls',
    plant: async () => {
      await server.behave({identity: identity(), admits: ADMITS})
      return {scene: before(), cure: async () => after()}
    },
  }
}

const full = (): string => `sslmode=verify-full&${authorities()}`

const FAULTS: PlantedFault[] = [
  certificate(
    {
      name: 'a server without TLS, where it is required',
      status: 'fail',
      message: /^localhost:\d+ does not offer TLS, which this target requires$/,
      fix: 'turn TLS on at the server, or write sslmode=prefer in the URL to go without',
    },
    async () => undefined,
    () => 'sslmode=require',
  ),
  certificate(
    {
      name: 'a certificate for another host',
      status: 'fail',
      message: /^the certificate of localhost:\d+ is for elsewhere, not for localhost$/,
      fix: /^write a host of the certificate into the URL/,
    },
    () => issue({name: 'elsewhere', to: inDays(90)}),
    full,
  ),
  certificate(
    {
      name: 'a certificate that has expired',
      status: 'fail',
      message: /^the certificate of localhost:\d+ has expired: it is for the time from /,
      fix: /^check this machine's clock, .*the server needs a new certificate$/,
    },
    () => issue({from: inDays(-9), to: inDays(-1)}),
    full,
  ),
  certificate(
    {
      name: 'a certificate that has expired, where nobody looks at it',
      status: 'warn',
      message: /^the certificate of localhost:\d+ expired on \d{4}-\d\d-\d\d$/,
      fix: 'give the server a new certificate',
    },
    () => issue({from: inDays(-9), to: inDays(-1)}),
    () => 'sslmode=require',
  ),
  certificate(
    {
      name: 'a certificate that will expire within 30 days',
      status: 'warn',
      message: /^the certificate of localhost:\d+ expires on \d{4}-\d\d-\d\d$/,
      fix: 'give the server a new certificate',
    },
    () => issue({to: inDays(29)}),
    full,
  ),
  certificate(
    {
      name: 'an authority that will expire within 30 days',
      status: 'warn',
      message: /^the authority Deputy of localhost:\d+ expires on \d{4}-\d\d-\d\d$/,
      fix: 'give the server a new certificate',
    },
    async () => {
      const deputy = await authority.deputy('Deputy', {to: inDays(20)})
      const issued = await deputy.issue({name: 'localhost', hosts: ['localhost'], to: inDays(90)})
      return {...issued, certificate: `${issued.certificate}${deputy.certificate}`}
    },
    full,
  ),
  certificate(
    {
      name: 'an authority that nobody named',
      status: 'fail',
      message:
        /^no authority in .*\/ca\.pem has signed the certificate of localhost:\d+: it is signed by Stranger$/,
      fix: 'name the file of the authority that signed the server certificate as sslrootcert',
    },
    async () => {
      const stranger = await makeAuthority('Stranger')
      return stranger.issue({name: 'localhost', hosts: ['localhost'], to: inDays(90)})
    },
    full,
  ),
  certificate(
    {
      name: 'a certificate that is not trusted, where commands then go on unencrypted',
      status: 'warn',
      message: /has signed the certificate .*; commands go on unencrypted \(sslmode=prefer\)$/,
      fix: 'name the file of the authority that signed the server certificate as sslrootcert',
    },
    async () => (await makeAuthority('Stranger')).issue({name: 'localhost', to: inDays(90)}),
    () => `sslmode=prefer&${authorities()}`,
  ),
  settings(
    {
      name: 'production whose certificate is not verified',
      status: 'warn',
      message:
        'encrypted, but the certificate is not verified (sslmode=require): whoever stands between could read and change what is sent',
      fix: 'write sslmode=verify-full into the URL, with sslrootcert=FILE',
    },
    () => production('sslmode=require'),
    () => production(full()),
  ),
  settings(
    {
      name: 'production whose name is not verified',
      status: 'warn',
      message:
        'encrypted, but the name in the certificate is not verified (sslmode=verify-ca): whoever stands between could read and change what is sent',
      fix: 'write sslmode=verify-full into the URL, with sslrootcert=FILE',
    },
    () => production(`sslmode=verify-ca&${authorities()}`),
    () => production(full()),
  ),
  settings(
    {
      name: 'production that is not encrypted',
      status: 'warn',
      message:
        'not encrypted: nobody asks for it (sslmode=disable): whoever stands between could read and change what is sent',
      fix: 'write sslmode=verify-full into the URL, with sslrootcert=FILE',
    },
    () => production('sslmode=disable'),
    () => production(full()),
  ),
  settings(
    {
      name: 'TLS from the first byte, which PostgreSQL knows from 17 on, with a version nobody has',
      status: 'fail',
      message: /^localhost:\d+ and this target have no version of TLS in common$/,
      fix: /^raise ssl_max_protocol_version, which ends at TLSv1\.1$/,
    },
    () => scene('sslmode=require&sslnegotiation=direct&ssl_max_protocol_version=TLSv1.1'),
    () => scene('sslmode=require&sslnegotiation=direct'),
  ),
]

/** As behind a pooler that knows our database alone. */
const onlyOurs: PlantedFault = {
  name: 'a server that lets us into our database and into no other',
  check: 'login',
  status: 'warn',
  message:
    /^localhost:\d+ lets doctor_role in, but not into the database postgres, where create, drop and setup work: .*pg_hba\.conf/,
  fix: 'check the user name in the URL, and that pg_hba.conf admits this machine',
  plant: async (end) => {
    await server.behave({admits: ['host ours doctor_role 127.0.0.1/32 trust']})
    await server.query('CREATE ROLE doctor_role LOGIN')
    end(() => server.query('DROP ROLE doctor_role'))
    await server.query('CREATE DATABASE ours')
    end(() => server.query('DROP DATABASE ours WITH (FORCE)'))
    const url = `postgres://doctor_role@localhost:${server.port}/ours?hostaddr=127.0.0.1`
    return {
      scene: {...scene(''), args: ['--url', url]},
      cure: async () => {
        await server.behave({admits: ADMITS})
        return undefined
      },
    }
  },
}

// The server has one certificate at a time.
test.for([...FAULTS, onlyOurs])('$name is found and cured', (fault) => findAndCure(fault))

test.each([
  ['disable', 'not encrypted: nobody asks for it (sslmode=disable)'],
  ['allow', 'not encrypted: only a server that insists is spoken to with TLS (sslmode=allow)'],
  ['prefer', 'encrypted (TLSv1.3); nobody looks at its certificate (sslmode=prefer)'],
  [
    'verify-ca',
    'encrypted (TLSv1.3); its authority is verified, its name is not (sslmode=verify-ca)',
  ],
  [
    'verify-full',
    'encrypted (TLSv1.3); its authority and its name are verified (sslmode=verify-full)',
  ],
])('what sslmode=%s means is said', async (mode, message) => {
  await server.behave({identity: good, admits: ADMITS})
  const query = mode.startsWith('verify') ? `sslmode=${mode}&${authorities()}` : `sslmode=${mode}`
  expect((await runDoctor(scene(query))).check('tls')).toMatchObject({status: 'ok', message})
})

test('commands that would fail for TLS are not tried', async () => {
  await server.behave({admits: ADMITS})
  const {check} = await runDoctor(scene('sslmode=require'))
  expect(check('login')).toMatchObject({status: 'skipped', message: 'tls failed'})
})
