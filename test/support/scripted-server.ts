import {type AddressInfo, createServer, type Socket} from 'node:net'

/** One message of the protocol, whatever is in it. */
export function message(type: string, body: string | Buffer | readonly number[] = ''): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body)
  return Buffer.concat([head(type, bytes.length + 4), bytes])
}

/** The beginning of a message that says it has this length, which counts itself. */
export function head(type: string, length: number): Buffer {
  const bytes = Buffer.alloc(5)
  bytes.write(type)
  bytes.writeUInt32BE(length, 1)
  return bytes
}

/** AuthenticationOk, the numbers to cancel with, and ReadyForQuery. */
export const WELCOME = Buffer.concat([
  message('R', [0, 0, 0, 0]),
  message('K', [0, 0, 0, 1, 0, 0, 0, 2]),
  message('Z', 'I'),
])

/** AuthenticationCleartextPassword. */
export const ASK_PASSWORD = message('R', [0, 0, 0, 3])

/** ErrorResponse or NoticeResponse; fields by their letters, as in `{S: 'FATAL', C: '57P03', M: 'starting up'}`. */
export function fields(type: 'E' | 'N', values: Readonly<Record<string, string>>): Buffer {
  const text = Object.entries(values).map(([letter, value]) => `${letter}${value}\0`)
  return message(type, `${text.join('')}\0`)
}

export interface ScriptedServer {
  port: number
  /** Connections so far. */
  taken: () => number
  close: () => void
}

/** What a scripted server does with a connection. */
export interface Play {
  /** Beginning with the first byte; absent: TLS is not offered. */
  raw?: (socket: Socket) => void
  /** Beginning when the login has been asked for. */
  login?: (socket: Socket) => void
}

const SSL_REQUEST = 80_877_103

/** Something that listens and says what it is told to say, for what a real server can't be made to do. */
export async function scriptedServer({raw, login}: Play): Promise<ScriptedServer> {
  const sockets = new Set<Socket>()
  let taken = 0
  const first = (socket: Socket, data: Buffer): void => {
    if (data.length === 8 && data.readInt32BE(4) === SSL_REQUEST) {
      socket.write('N')
      socket.once('data', (next) => first(socket, next))
    } else login?.(socket)
  }
  const server = createServer((socket) => {
    taken += 1
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)))
    if (raw) raw(socket)
    else socket.once('data', (data) => first(socket, data))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    taken: () => taken,
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
