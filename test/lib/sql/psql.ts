import {spawn} from 'node:child_process'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {type AddressInfo, createServer, type Server, type Socket} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

const SSL_REQUEST = 80877103
const GSS_REQUEST = 80877104

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(type, 'latin1')
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

const parameter = (name: string, value: string) => message('S', Buffer.from(`${name}\0${value}\0`))
const READY = message('Z', Buffer.from('I'))
const LOGGED_IN = Buffer.concat([
  message('R', Buffer.alloc(4)),
  parameter('server_version', '15.0'),
  parameter('client_encoding', 'UTF8'),
  parameter('standard_conforming_strings', 'on'),
  READY,
])
const DONE = Buffer.concat([message('C', Buffer.from('SET\0')), READY])

/** Answers what psql says, as a server that finds every query good, and notes the queries. */
function serve(socket: Socket, queries: string[]): void {
  let rest = Buffer.alloc(0)
  let loggedIn = false
  const take = (length: number) => {
    const taken = rest.subarray(0, length)
    rest = rest.subarray(length)
    return taken
  }
  socket.on('data', (data) => {
    rest = Buffer.concat([rest, data])
    for (;;) {
      const lengthAt = loggedIn ? 1 : 0
      if (rest.length < lengthAt + 4) return
      const length = rest.readInt32BE(lengthAt) + lengthAt
      if (rest.length < length) return
      const packet = take(length)
      if (!loggedIn) {
        loggedIn = ![SSL_REQUEST, GSS_REQUEST].includes(packet.readInt32BE(4))
        socket.write(loggedIn ? LOGGED_IN : 'N')
      } else if (packet.toString('latin1', 0, 1) === 'Q') {
        queries.push(packet.toString('utf8', 5, length - 1))
        socket.write(DONE)
      } else {
        socket.end()
      }
    }
  })
}

async function listen(queries: string[]): Promise<{server: Server; port: number}> {
  const server = createServer((socket) => serve(socket, queries))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {server, port: (server.address() as AddressInfo).port}
}

/** What psql sends for each of these files, query by query; undefined when psql is not installed. */
export async function sentByPsql(files: readonly string[]): Promise<string[][] | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'cruddur-db-psql-'))
  const queries: string[] = []
  const {server, port} = await listen(queries)
  try {
    const args = ['-X', '-q', `host=127.0.0.1 port=${port} user=x dbname=x sslmode=disable`]
    for (const [index, text] of files.entries()) {
      const path = join(folder, `${index}.sql`)
      await writeFile(path, text)
      args.push('-f', path, '-c', END_OF_FILE)
    }
    return (await run('psql', args)) ? perFile(queries) : undefined
  } finally {
    server.close()
    await rm(folder, {recursive: true})
  }
}

const END_OF_FILE = '--end of file'

function perFile(queries: readonly string[]): string[][] {
  const files: string[][] = [[]]
  for (const query of queries) {
    if (query === END_OF_FILE) files.push([])
    else files.at(-1)?.push(query)
  }
  return files.slice(0, -1)
}

/** False when the program is not there. */
export async function run(program: string, args: readonly string[]): Promise<boolean> {
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'ignore'],
    env: {...process.env, PGCLIENTENCODING: 'UTF8'},
  })
  return await new Promise((resolve) => {
    child.on('error', () => resolve(false))
    child.on('close', () => resolve(true))
  })
}
