import {createServer as createWebServer} from 'node:http'
import {type AddressInfo, createServer} from 'node:net'
import {afterAll, beforeAll, expect, inject, test} from 'vitest'
import {crowdedPort} from '../support/crowded-port.js'
import {findAndCure, folderOf, type PlantedFault, runDoctor} from '../support/planted-fault.js'
import {openRelay} from '../support/relay.js'
import {scriptedServer} from '../support/scripted-server.js'

const folders: (() => unknown)[] = []
let folder: string
beforeAll(() => {
  folder = folderOf((remove) => folders.push(remove))
})
afterAll(() => {
  for (const remove of folders) remove()
})

/** The test server under other hosts, or with other parameters. */
function urlAt(hosts: string, query = ''): string {
  const {password, username} = new URL(inject('serverUrl'))
  return `postgres://${username}:${password}@${hosts}/postgres${query}`
}

const server = (): {host: string; port: number} => {
  const {hostname, port} = new URL(inject('serverUrl'))
  return {host: hostname, port: Number(port || 5432)}
}
const there = (): string => `${server().host}:${server().port}`

const at = (url: string) => ({
  args: ['--url', url],
  cwd: folder,
  env: {HOME: folder, CRUDDUR_DB_HOME: `${folder}/server`},
})

async function listening(listener: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  return (listener.address() as AddressInfo).port
}

/** A port of this machine at which nothing listens. */
async function freePort(): Promise<number> {
  const listener = createServer()
  const port = await listening(listener)
  await new Promise((resolve) => listener.close(resolve))
  return port
}

const FAULTS: PlantedFault[] = [
  {
    name: 'a host that nobody knows',
    check: 'host-name',
    status: 'fail',
    message:
      /^(the host name in no-such-host\.invalid:5432 is not known|no name server says where no-such-host\.invalid is)$/,
    fix: /^check (its spelling, and )?that this machine is online/,
    plant: async () => ({
      scene: at(urlAt('no-such-host.invalid')),
      cure: async () => at(urlAt(there())),
    }),
  },
  {
    name: 'an endpoint of RDS that is no more',
    check: 'host-name',
    status: 'fail',
    message: /no-such-host.*\.rds\.amazonaws\.com/,
    fix: /^(compare the host with the endpoint: aws rds describe-db-instances --region ca-central-1$|check that)/,
    plant: async () => ({
      scene: at('postgres://u:p@no-such-host.abc.ca-central-1.rds.amazonaws.com/d'),
      cure: async () => at(urlAt(there())),
    }),
  },
  {
    name: 'one of several hosts that nobody knows',
    check: 'host-name',
    status: 'warn',
    message: / needs no name server; .*no-such-host\.invalid/,
    fix: /^check /,
    plant: async () => ({
      scene: at(urlAt(`${there()},no-such-host.invalid`)),
      cure: async () => at(urlAt(`${there()},${there()}`)),
    }),
  },
  {
    name: 'a port where nothing listens',
    check: 'port',
    status: 'fail',
    message: /^nothing listens at 127\.0\.0\.1:\d+$/,
    fix: 'check host and port, and that the server runs',
    plant: async (atEnd) => {
      const port = await freePort()
      const relay = await openRelay(server())
      atEnd(relay.close)
      return {
        scene: at(urlAt(`127.0.0.1:${port}`)),
        cure: async () => at(urlAt(`127.0.0.1:${relay.port}`)),
      }
    },
  },
  {
    name: 'a firewall that drops what is sent',
    check: 'port',
    status: 'fail',
    message: /^no answer from 127\.0\.0\.1:\d+ within 1 s$/,
    fix: 'check host and port, and that no firewall lies between',
    plant: async (atEnd) => {
      const {close, port} = await crowdedPort()
      atEnd(close)
      const query = '?connect_timeout=1'
      return {
        scene: at(urlAt(`127.0.0.1:${port}`, query)),
        cure: async () => at(urlAt(there(), query)),
      }
    },
  },
  {
    name: 'one of several hosts that is down',
    check: 'port',
    status: 'warn',
    message: /^127\.0\.0\.1:\d+ takes connections; nothing listens at 127\.0\.0\.1:\d+$/,
    fix: 'check host and port, and that the server runs',
    plant: async () => {
      const port = await freePort()
      return {
        scene: at(urlAt(`127.0.0.1:${port},${there()}`)),
        cure: async () => at(urlAt(there())),
      }
    },
  },
  {
    name: 'a unix socket that is not there',
    check: 'port',
    status: 'fail',
    message: /^nothing listens at the socket \/.*\/\.s\.PGSQL\.5432$/,
    fix: 'start that server, or correct the folder (its unix_socket_directories)',
    plant: async () => ({
      scene: at(`postgres:///postgres?host=${encodeURIComponent(folder)}`),
      cure: async () => at(urlAt(there())),
    }),
  },
  {
    name: 'a web server in the place of PostgreSQL',
    check: 'protocol',
    status: 'fail',
    message: /^a web server listens at 127\.0\.0\.1:\d+, not PostgreSQL$/,
    fix: 'check host and port: PostgreSQL mostly listens at 5432',
    plant: async (atEnd) => {
      const web = createWebServer()
      const port = await listening(web)
      atEnd(() => web.close())
      return {
        scene: at(urlAt(`127.0.0.1:${port}`)),
        cure: async () => at(urlAt(there())),
      }
    },
  },
  {
    name: 'another server that speaks first',
    check: 'protocol',
    status: 'fail',
    message: /^an SSH server listens at 127\.0\.0\.1:\d+, not PostgreSQL$/,
    fix: 'check host and port: PostgreSQL mostly listens at 5432',
    plant: async (atEnd) => {
      const {close, port} = await scriptedServer({
        raw: (socket) => void socket.write('SSH-2.0-OpenSSH_9.6\r\n'),
      })
      atEnd(close)
      return {
        scene: at(urlAt(`127.0.0.1:${port}`)),
        cure: async () => at(urlAt(there())),
      }
    },
  },
  {
    name: 'a tunnel whose other end is gone',
    check: 'protocol',
    status: 'fail',
    message: /^127\.0\.0\.1:\d+ takes connections and ends them without a word$/,
    fix: 'that is mostly a proxy or tunnel: see whether the PostgreSQL behind it runs',
    plant: async (atEnd) => {
      const relay = await openRelay(server())
      atEnd(relay.close)
      relay.cut('cut')
      return {
        scene: at(urlAt(`127.0.0.1:${relay.port}`)),
        cure: async () => {
          relay.mend()
          return undefined
        },
      }
    },
  },
  {
    name: 'a proxy that leads nowhere',
    check: 'protocol',
    status: 'fail',
    message: /^127\.0\.0\.1:\d+ takes connections and says nothing for 1 s$/,
    fix: 'see whether that server hangs, or a tunnel or proxy before it leads nowhere',
    plant: async (atEnd) => {
      const relay = await openRelay(server())
      atEnd(relay.close)
      relay.freeze('frozen')
      return {
        scene: at(urlAt(`127.0.0.1:${relay.port}`, '?connect_timeout=1')),
        cure: async () => {
          relay.mend()
          return undefined
        },
      }
    },
  },
]

test.concurrent.for(FAULTS)('$name is found and cured', (fault) => findAndCure(fault))

test('a server that hangs forever does not keep doctor from ending, without a limit in the URL', async () => {
  const relay = await openRelay(server())
  relay.freeze('frozen')
  try {
    const started = performance.now()
    const {check, code} = await runDoctor(
      at(urlAt(`127.0.0.1:${relay.port}`, '?connect_timeout=0')),
    )
    expect(performance.now() - started).toBeLessThan(15_000)
    expect(code).toBe(1)
    expect(check('protocol').message).toContain('says nothing for 10 s')
  } finally {
    relay.close()
  }
})

test('--wait waits for a server that is not there yet', async () => {
  const port = await freePort()
  const scene = at(urlAt(`127.0.0.1:${port}`))
  const looking = runDoctor({...scene, args: [...scene.args, '--wait', '20']})
  const late = createServer((socket) => socket.on('error', () => {}).end('SSH-2.0'))
  setTimeout(() => late.listen(port, '127.0.0.1'), 1000)
  const {check} = await looking
  late.close()
  expect(check('port')).toMatchObject({status: 'ok'})
})
