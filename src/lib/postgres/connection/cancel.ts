import {setTimeout as sleep} from 'node:timers/promises'
import pg from 'pg'
import {tlsOptions} from '../tls/tls-options.js'
import {guardAnswers} from './guard.js'
import {attemptOf, pinned} from './pin.js'

/** What node-postgres leaves out of its types. */
type Wire = pg.Connection & {
  connect: (portOrPath: number | string, host?: string) => void
  requestSsl: () => void
  cancel: (processId: number, secretKey: number) => void
  unref: () => void
}

/** What is silent for longer will not be of use any more. */
const GIVE_UP_MS = 5000

/** A connection to where the client is connected to, without a login; over TLS where the client's is. */
async function wireTo(client: pg.Client, onReady: (wire: Wire) => void): Promise<Wire> {
  const {encryption, target} = attemptOf(client)
  const [host] = pinned(target, client).hosts
  const tls = encryption === 'tls'
  const direct = tls && target.tls.direct
  const options = {
    ssl: tls ? await tlsOptions(target, host) : false,
    ...(direct ? {sslNegotiation: 'direct'} : {}),
  }
  const wire = new pg.Connection(options) as Wire
  guardAnswers({connection: wire}, target)
  wire.on('connect', () => {
    if (!tls) onReady(wire)
    else if (!direct) wire.requestSsl()
  })
  wire.on('sslconnect', () => onReady(wire))
  if (host.host.startsWith('/')) wire.connect(`${host.host}/.s.PGSQL.${host.port}`)
  else wire.connect(host.port, host.address ?? host.host)
  return wire
}

/**
 * Asks the server that the client is connected to, by its address, to stop the statement under way (protocol:
 * CancelRequest, on a connection of its own). As libpq does since PostgreSQL 17, over TLS where the client's connection
 * has it: PostgreSQL takes a plain request, whatever pg_hba.conf says, but a pooler or proxy before it may not.
 *
 * @param onSent told when the request is on its way
 * @returns when the server has hung up, which it does when it has looked at the request (PgBouncer forgets one, and 1.18
 *   even crashes, when the client hangs up first); or when that cannot be waited for: it is a best effort
 */
async function requestCancel(client: pg.Client, onSent: () => void): Promise<void> {
  const {processID, secretKey} = client as pg.Client & {
    processID: number | null
    secretKey: number | null
  }
  if (processID === null || secretKey === null) return
  const wire = await wireTo(client, (ready) => {
    ready.cancel(processID, secretKey)
    onSent()
  })
  await new Promise<void>((resolve) => {
    const stop = (): void => {
      wire.stream.destroy()
      resolve()
    }
    wire.on('error', stop)
    wire.on('end', resolve)
    setTimeout(stop, GIVE_UP_MS).unref()
    // The client's own connection is what the process waits for.
    wire.unref()
  })
}

/** How long a cancelled statement may take to end in order before its connection is cut: from the request on, and in all. */
const GRACE_MS = 600
const LIMIT_MS = 1000

/** A request that arrives before its statement does is forgotten by the server, so it is repeated. */
const REPEAT_MS = 100

/** How long a request that is still under way may hold up the end. */
const LAST_REQUEST_MS = 300

/**
 * Has the statement under way cancelled on the server when the signal is aborted, and the connection cut when that does
 * not end it.
 *
 * @returns ends that; when its promise resolves, no request is under way any more
 */
export function cancelOnAbort(
  client: pg.Client,
  signal: AbortSignal | undefined,
): () => Promise<void> {
  if (!signal) return async () => {}
  const over = new AbortController()
  let cancelling: Promise<void> | undefined
  const cutIn = (ms: number): void => {
    const cut = (): unknown => over.signal.aborted || client.connection.stream.destroy()
    setTimeout(cut, ms).unref()
  }
  const cancel = async (): Promise<void> => {
    cutIn(LIMIT_MS)
    await requestCancel(client, () => cutIn(GRACE_MS))
    for (;;) {
      await sleep(REPEAT_MS, undefined, {signal: over.signal})
      await requestCancel(client, () => {})
    }
  }
  const abort = (): void => {
    // Ended by `over`; or a certificate file has gone, and then the connection is cut.
    cancelling = cancel().catch(() => {})
  }
  signal.addEventListener('abort', abort, {once: true})
  return async () => {
    over.abort()
    signal.removeEventListener('abort', abort)
    if (!cancelling || client.connection.stream.destroyed) return
    await Promise.race([cancelling, sleep(LAST_REQUEST_MS, undefined, {ref: false})])
  }
}
