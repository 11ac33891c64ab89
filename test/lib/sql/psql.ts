import {spawn} from 'node:child_process'
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {type AddressInfo, createServer, type Server, type Socket} from 'node:net'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'

/** A query as psql sent it and, when it was a COPY … FROM stdin, the bytes that came for it. */
export interface Sent {
  query: string
  rows?: Buffer
}

/** What psql made of a file: the queries it sent, and what it wrote to standard output. */
export interface Outcome {
  sent: Sent[]
  output: string
}

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
const COPIED = Buffer.concat([message('C', Buffer.from('COPY 1\0')), READY])
/** Text, no columns: psql looks at neither. */
const SEND_ROWS = message('G', Buffer.alloc(3))
/** What the server has in every table. */
export const ROW = 'a row'
const ROWS = Buffer.concat([
  message('H', Buffer.alloc(3)),
  message('d', Buffer.from(`${ROW}\n`)),
  message('c', Buffer.alloc(0)),
  COPIED,
])

/** Between words. */
const GAP = /(?:\s|--.*?\n|\/\*.*?\*\/)/.source
const COPY_IN = new RegExp(`^${GAP}*copy\\s+[^(\\s].*?\\bfrom${GAP}+std(?:in|out)\\b`, 'is')
const COPY_OUT = /^copy\b.*\bto\s+stdout\b/is

/** As a server to which every statement is good: psql follows its answers, not the text. */
function answerTo(query: string): Buffer {
  if (COPY_IN.test(query)) return SEND_ROWS
  return COPY_OUT.test(query) ? ROWS : DONE
}

/** Notes the packet and gives the answer to it; undefined when there is none. */
function take(packet: Buffer, sent: Sent[]): Buffer | undefined {
  const last = sent.at(-1)
  switch (packet.toString('latin1', 0, 1)) {
    case 'Q': {
      const query = packet.toString('utf8', 5, packet.length - 1)
      const answer = answerTo(query)
      sent.push(answer === SEND_ROWS ? {query, rows: Buffer.alloc(0)} : {query})
      return answer
    }
    case 'd':
      if (last?.rows) last.rows = Buffer.concat([last.rows, packet.subarray(5)])
      return undefined
    case 'c':
      return COPIED
    default:
      return undefined
  }
}

function serve(socket: Socket, sent: Sent[]): void {
  let rest = Buffer.alloc(0)
  let loggedIn = false
  socket.on('data', (data) => {
    rest = Buffer.concat([rest, data])
    for (;;) {
      const lengthAt = loggedIn ? 1 : 0
      if (rest.length < lengthAt + 4) return
      const length = rest.readInt32BE(lengthAt) + lengthAt
      if (rest.length < length) return
      const packet = rest.subarray(0, length)
      rest = rest.subarray(length)
      if (loggedIn) {
        const answer = take(packet, sent)
        if (answer) socket.write(answer)
      } else {
        loggedIn = ![SSL_REQUEST, GSS_REQUEST].includes(packet.readInt32BE(4))
        socket.write(loggedIn ? LOGGED_IN : 'N')
      }
    }
  })
}

async function listen(sent: Sent[]): Promise<{server: Server; port: number}> {
  const server = createServer((socket) => serve(socket, sent))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {server, port: (server.address() as AddressInfo).port}
}

/** A file's text, or several by their names; psql is given the one called `main.sql`. */
export type Files = string | Readonly<Record<string, string>>

/**
 * What psql makes of each of these; undefined when it is not installed. All go through one psql, so
 * that settings hold on; each has a folder of its own, which is the working directory for it.
 */
export async function readByPsql(files: readonly Files[]): Promise<Outcome[] | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'cruddur-db-psql-'))
  const sent: Sent[] = []
  const {server, port} = await listen(sent)
  try {
    const args = ['-X', '-q', `host=127.0.0.1 port=${port} user=x dbname=x sslmode=disable`]
    for (const [index, each] of files.entries()) {
      const below = join(folder, String(index))
      await writeAll(below, typeof each === 'string' ? {'main.sql': each} : each)
      args.push(
        '-c',
        `\\cd ${below}`,
        '-f',
        join(below, 'main.sql'),
        '-c',
        END,
        '-c',
        `\\echo ${END}`,
      )
    }
    const output = await outputOf('psql', args)
    return output === undefined ? undefined : perFile(sent, output)
  } finally {
    server.close()
    await rm(folder, {recursive: true})
  }
}

/** The queries that psql sends for each of these. */
export async function sentByPsql(files: readonly Files[]): Promise<Sent[][] | undefined> {
  return (await readByPsql(files))?.map(({sent}) => sent)
}

async function writeAll(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name)
    await mkdir(dirname(path), {recursive: true})
    await writeFile(path, text)
  }
}

/** Sent as a query, and written to the output, behind each file. */
const END = '--end_of_file'

function perFile(sent: readonly Sent[], output: string): Outcome[] {
  const files: Sent[][] = [[]]
  for (const each of sent) {
    if (each.query === END) files.push([])
    else files.at(-1)?.push(each)
  }
  const outputs = output.split(`${END}\n`)
  return files.slice(0, -1).map((each, index) => ({sent: each, output: outputs[index] ?? ''}))
}

/** What it writes to standard output; undefined when the program is not there. */
async function outputOf(program: string, args: readonly string[]): Promise<string | undefined> {
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {...process.env, PGCLIENTENCODING: 'UTF8'},
  })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  return await new Promise((resolve) => {
    child.on('error', () => resolve(undefined))
    child.on('close', () => resolve(Buffer.concat(chunks).toString()))
  })
}
