import {connect, type Socket} from 'node:net'
import {join} from 'node:path'
import type {HostAddress, Target} from '../../target/target.js'

/** How long one attempt may take where connect_timeout=0 sets no limit: doctor always ends. */
const UNLIMITED_MS = 10_000

/** How long one attempt to connect may take, in milliseconds. */
export function attemptMs({connectTimeoutMs}: Pick<Target, 'connectTimeoutMs'>): number {
  return connectTimeoutMs > 0 ? connectTimeoutMs : UNLIMITED_MS
}

export function isSocketFolder({host}: HostAddress): boolean {
  return host.startsWith('/')
}

/** Where the server's socket lies in its folder (PostgreSQL documentation 19.3.1). */
export function socketPath({host, port}: HostAddress): string {
  return join(host, `.s.PGSQL.${port}`)
}

export interface Dialled {
  /** The address to dial; the host's own name or `hostaddr` unless told. */
  address?: string | undefined
  limitMs: number
  signal: AbortSignal
}

/**
 * Connects, and gives the socket to `fn`, which has what is left of the time; closes it afterwards.
 *
 * @throws what Node says; an error with the code ETIMEDOUT when the time is over; the signal's reason
 */
export async function withSocket<T>(
  host: HostAddress,
  {address, limitMs, signal}: Dialled,
  fn: (socket: Socket) => Promise<T>,
): Promise<T> {
  const socket = isSocketFolder(host)
    ? connect(socketPath(host))
    : connect(host.port, address ?? host.address ?? host.host)
  const late = (): unknown =>
    socket.destroy(Object.assign(new Error('timeout expired'), {code: 'ETIMEDOUT'}))
  const timer = setTimeout(late, limitMs)
  const stop = (): unknown => socket.destroy(signal.reason)
  signal.addEventListener('abort', stop, {once: true})
  try {
    await happens(socket, 'connect')
    return await fn(socket)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    socket.destroy()
  }
}

/** Waits for an event, or fails with the socket's error; `ended` when the other end hangs up first. */
export function happens<T = void>(socket: Socket, event: string): Promise<T> {
  return new Promise((resolve, reject) => {
    socket.once(event, resolve)
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('ended')))
  })
}

/** SSLRequest (PostgreSQL documentation 54.7): its length and the code 80877103. */
export const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])
