import {type AddressInfo, createServer, type Socket} from 'node:net'
import type {Fault} from '../fault.js'
import type {Scene} from '../scene.js'

const setup = ['setup']

/** Something that listens and is no PostgreSQL; `{url}` and `{host}` lead there. */
const listener = (answer: (socket: Socket) => void) => async (scene: Scene) => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    answer(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(scene.fill('{url}'))
  url.port = String((server.address() as AddressInfo).port)
  scene.say('url', url.href)
  scene.say('host', url.host)
  return async () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
}

const ABSENT: readonly Fault[] = [
  {
    name: 'nothing listens at the port',
    args: [...setup, '--url', 'postgres://{login}@127.0.0.1:1/{database}'],
    sees: {
      exit: 3,
      code: 'SERVER_REFUSED',
      target: 'url',
      host: '127.0.0.1:1',
      stderr:
        'Error: nothing listens at 127.0.0.1:1\n  → check host and port, and that the server runs\n',
    },
  },
  {
    name: 'the host’s name is not known',
    args: [...setup, '--url', 'postgres://{login}@no-such-host.invalid/{database}'],
    sees: {
      exit: 3,
      code: 'HOST_NOT_FOUND',
      target: 'url',
      host: 'no-such-host.invalid:5432',
      stderr: `Error: the host name in no-such-host.invalid:5432 is not known
  → check its spelling, and that this machine is online
`,
    },
  },
  {
    name: 'the server takes the connection and is silent',
    arrange: listener(() => {}),
    args: [...setup, '--url', '{url}?connect_timeout=2'],
    sees: {
      exit: 3,
      code: 'CONNECT_TIMEOUT',
      target: 'url',
      stderr: 'Error: no answer from {host} within 2 s\n  → …\n',
    },
  },
  {
    name: 'a web server listens at the port',
    arrange: listener((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    args: setup,
    sees: {exit: 3, code: 'CONNECT_FAILED', stderr: 'Error: cannot connect to {host}: …\n  → …\n'},
  },
]

const SEVERAL: readonly Fault[] = [
  {
    name: 'the first of two hosts is down: the second is asked',
    args: ['create', '--url', 'postgres://{login}@127.0.0.1:1,{host}/{database}'],
    sees: {
      exit: 0,
      target: 'url',
      host: '127.0.0.1:1,{host}',
      stderr: '',
      stdout: 'the database "{database}" exists already\n',
    },
  },
]

const LOGIN: readonly Fault[] = [
  {
    name: 'the password is wrong',
    args: [...setup, '--url', 'postgres://{user}:wrong@{host}/{database}'],
    sees: {
      exit: 3,
      code: 'LOGIN_FAILED',
      target: 'url',
      stderr: `Error: wrong password for {user} at {host}
  → …
  SQLSTATE 28P01
`,
    },
  },
  {
    name: 'there is no password',
    args: ['drop', '--url', 'postgres://{user}@{host}/{database}'],
    sees: {
      exit: 3,
      code: 'PASSWORD_MISSING',
      target: 'url',
      stderr: `Error: the server asks for a password and none was given
  → write it into the URL, into ~/.pgpass, or into PGPASSWORD
`,
    },
  },
  {
    name: 'there is no such role',
    args: ['drop', '--force', '--url', 'postgres://nobody:secret@{host}/{database}'],
    sees: {
      exit: 3,
      code: 'LOGIN_FAILED',
      target: 'url',
      user: 'nobody',
      stderr: 'Error: …nobody…\n⋮\n',
    },
  },
  ...['schema-load', 'seed'].map((command) => ({
    name: `there is no such database: ${command}`,
    args: [command, '--url', '{url}_two'],
    sees: {
      exit: 1,
      code: 'DATABASE_NOT_FOUND',
      target: 'url' as const,
      database: '{database}_two',
      stderr: `Error: there is no database "{database}_two" at {host}
  → create it: cruddur-db create (empty) or cruddur-db setup (loaded)
  SQLSTATE 3D000
`,
    },
  })),
]

export const connectionFaults = {
  title: 'The connection and the login',
  faults: [...ABSENT, ...SEVERAL, ...LOGIN],
}
