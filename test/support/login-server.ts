import {type AddressInfo, createServer, type Socket} from 'node:net'
import {createSecureContext, TLSSocket} from 'node:tls'
import type {Certified} from './tls.js'
import {welcome} from './wire.js'

export interface LoginServer {
  port: number
  /** What each login sent as its password. */
  passwords: string[]
  close: () => void
}

/** AuthenticationCleartextPassword, which is what RDS asks those for who log in with AWS credentials (it hands the password to PAM). */
const ASK = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3])

/** A server of PostgreSQL's protocol that speaks TLS only, takes any password and keeps it, and hangs up at the first query. */
export async function loginServer(identity: Certified): Promise<LoginServer> {
  const passwords: string[] = []
  const secureContext = createSecureContext({cert: identity.certificate, key: identity.key})
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    socket.once('data', () => {
      socket.write('S')
      const secure = new TLSSocket(socket, {isServer: true, secureContext})
      secure.on('error', () => {})
      secure.once('data', () => {
        secure.write(ASK)
        secure.once('data', (message) => {
          passwords.push(message.subarray(5, -1).toString())
          secure.write(welcome)
          secure.once('data', () => secure.destroy())
        })
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    passwords,
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
