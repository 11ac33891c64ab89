import {connect} from 'node:net'
import {EMBEDDED_HOST, EMBEDDED_USER} from './credentials.js'

const PROTOCOL_3 = 196_608
const PATIENCE_MS = 2000

/** The SQLSTATE of a server that is starting, stopping or recovering from a crash. */
const CANNOT_CONNECT_NOW = 'C57P03\0'

/**
 * Whether the server on `port` lets clients in right now. Asks for a session up to the question for the password and goes;
 * PostgreSQL logs nothing about that.
 */
export function acceptsConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({host: EMBEDDED_HOST, port, timeout: PATIENCE_MS})
    const settle = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => socket.write(startupMessage()))
    socket.once('data', (reply) => settle(!reply.includes(CANNOT_CONNECT_NOW)))
    for (const event of ['timeout', 'error', 'close']) socket.once(event, () => settle(false))
  })
}

function startupMessage(): Buffer {
  const parameters = Buffer.from(`user\0${EMBEDDED_USER}\0database\0postgres\0\0`)
  const head = Buffer.alloc(8)
  head.writeInt32BE(head.length + parameters.length, 0)
  head.writeInt32BE(PROTOCOL_3, 4)
  return Buffer.concat([head, parameters])
}
