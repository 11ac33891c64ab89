import {type AddressInfo, createServer, type Socket} from 'node:net'

/**
 * What the server does when it is its turn. `send`: bytes; then it hangs up, unless it `stays`. `flood`: the same bytes again
 * and again, as fast as they are taken, without ever reading what comes back.
 */
export type Answer = {send: Buffer; stays?: boolean} | {flood: Buffer}

export interface Manners {
  /** To SSLRequest; `N` unless told. */
  tls?: Answer
  /** To the login; AuthenticationOk and ReadyForQuery unless told. */
  login?: Answer
  /** To what comes after the login was answered. */
  next?: Answer
}

export interface HostileServer {
  port: number
  close: () => void
}

/** A message of the protocol; `length` is a lie where it is given. */
export function message(type: string, body: Buffer | string = '', length?: number): Buffer {
  const bytes = Buffer.from(body)
  const head = Buffer.alloc(5)
  head.write(type, 'latin1')
  head.writeUInt32BE((length ?? bytes.length + 4) >>> 0, 1)
  return Buffer.concat([head, bytes])
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

/** RowDescription of columns of type text. */
export function columns(names: readonly string[]): Buffer {
  const fields = names.map((name) => {
    const numbers = [int32(0), int16(0), int32(25), int16(-1), int32(-1), int16(0)]
    return Buffer.concat([Buffer.from(`${name}\0`), ...numbers])
  })
  return message('T', Buffer.concat([int16(names.length), ...fields]))
}

/** DataRow. */
export function row(values: readonly string[]): Buffer {
  const cells = values.map((value) => {
    const bytes = Buffer.from(value)
    return Buffer.concat([int32(bytes.length), bytes])
  })
  return message('D', Buffer.concat([int16(values.length), ...cells]))
}

function floodWith(socket: Socket, bytes: Buffer): void {
  const many = Buffer.concat(Array.from({length: Math.ceil(65_536 / bytes.length)}, () => bytes))
  const pour = (): void => {
    while (!socket.destroyed && socket.write(many));
  }
  socket.pause()
  socket.on('drain', pour)
  pour()
}

function give(socket: Socket, answer: Answer): void {
  if ('flood' in answer) floodWith(socket, answer.flood)
  else if (answer.stays) socket.write(answer.send)
  else socket.end(answer.send)
}

export const ready = message('Z', 'I')
const IN: Answer = {send: Buffer.concat([message('R', int32(0)), ready]), stays: true}

/** Query and Sync, each of which is to be answered. */
function questionsOf(said: Buffer): string[] {
  const types: string[] = []
  for (let at = 0; at + 5 <= said.length; at += 1 + said.readInt32BE(at + 1))
    types.push(said.toString('latin1', at, at + 1))
  return types.filter((type) => type === 'Q' || type === 'S')
}

function receive(socket: Socket, {login = IN, tls, next}: Manners): void {
  let logged = false
  socket.on('error', () => {})
  socket.on('data', (said) => {
    const asksForTls = said.length === 8 && said.readInt32BE(4) === 80_877_103
    if (asksForTls) return give(socket, tls ?? {send: Buffer.from('N'), stays: true})
    if (logged) {
      for (const _ of questionsOf(said)) if (next) give(socket, next)
      return undefined
    }
    logged = true
    return give(socket, login)
  })
}

/** A server that speaks PostgreSQL's protocol as no server should. */
export async function hostileServer(manners: Manners): Promise<HostileServer> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    receive(socket, manners)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
