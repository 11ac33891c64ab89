import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {type AddressInfo, createServer, type Socket} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {createSecureContext, TLSSocket} from 'node:tls'
import {afterAll} from 'vitest'
import {makeAuthority} from './tls.js'

const authority = await makeAuthority('Wire authority')
const identity = await authority.issue({name: 'db.example.test', hosts: ['localhost']})
const folder = mkdtempSync(join(tmpdir(), 'cruddur-db-wire-'))
afterAll(() => rmSync(folder, {recursive: true, force: true}))

/** The authority that signed the wire server's certificate, whose only name is `localhost`. */
export const authorityFile = join(folder, 'authority.pem')
writeFileSync(authorityFile, authority.certificate)

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(type)
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

/** What a server says to end a login: `SFATAL`, `CCODE`, `Mmessage`. */
export function fatal(code: string, text: string): Buffer {
  return message('E', Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${text}\0\0`))
}

/** AuthenticationCleartextPassword. */
export const askForPassword = message('R', Buffer.from([0, 0, 0, 3]))

/** AuthenticationOk and ReadyForQuery: the client is in. */
export const welcome = Buffer.concat([
  message('R', Buffer.from([0, 0, 0, 0])),
  message('Z', Buffer.from('I')),
])

export interface WireServer {
  port: number
  /** How each connection asked for a login: in the clear or over TLS. */
  logins: ('plain' | 'tls')[]
  close: () => void
}

/**
 * The beginning of PostgreSQL's protocol, for what a real server can't be made to do at will.
 *
 * @param tls whether SSLRequest is answered with yes
 * @param answer what is sent to the nth login (from 0); nothing: silence
 * @param onServerName told the name the client asked for when TLS began (SNI); false: none
 */
export async function wireServer(options: {
  tls: boolean
  answer: (login: number, encryption: 'plain' | 'tls') => Buffer | undefined
  onServerName?: (name: string | false | null) => void
}): Promise<WireServer> {
  const logins: WireServer['logins'] = []
  const context = createSecureContext({cert: identity.certificate, key: identity.key})
  const login = (socket: Socket, encryption: 'plain' | 'tls'): void => {
    const answer = options.answer(logins.length, encryption)
    logins.push(encryption)
    if (answer) socket.write(answer)
    if (answer && answer !== welcome) socket.end()
  }
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('data', (first) => {
      const asksForTls = first.length === 8 && first.readInt32BE(4) === 80_877_103
      if (!asksForTls) return login(socket, 'plain')
      socket.write(options.tls ? 'S' : 'N')
      if (!options.tls) {
        socket.once('data', () => login(socket, 'plain'))
        return undefined
      }
      const secure = new TLSSocket(socket, {isServer: true, secureContext: context})
      secure.on('error', () => {})
      secure.once('data', () => {
        options.onServerName?.((secure as {servername?: string | false | null}).servername ?? null)
        login(secure, 'tls')
      })
      return undefined
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = (): void => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  return {port: (server.address() as AddressInfo).port, logins, close}
}
