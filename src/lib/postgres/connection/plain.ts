import type {Socket} from 'node:net'
import type pg from 'pg'

/** What node-postgres leaves out of its types. */
type Wire = pg.Connection & {
  attachListeners: (stream: Socket) => void
  startup: (settings: object) => void
}
type Once = (event: string, listener: (chunk: Buffer) => void) => Socket
type Inside = pg.Client & {getStartupConf: () => object}

/** What a server without TLS says to an SSLRequest (PostgreSQL documentation, 54.2.10). */
const NO_TLS = 'N'

/**
 * Goes on without TLS when the server says that it has none, on the same connection, as libpq does with `prefer`.
 * node-postgres hangs up; another connection costs a round trip, and the server a process. To be called right before it connects.
 *
 * @param onPlain told when that is so
 */
export function goOnPlain(client: pg.Client, onPlain: () => void): void {
  const wire = client.connection as Wire
  const stream = wire.stream as Socket
  const once: Once = stream.once.bind(stream)
  const begin = (): void => {
    onPlain()
    wire.attachListeners(stream)
    wire.startup((client as Inside).getStartupConf())
  }
  const heeding: Once = (event, listener) => {
    if (event !== 'data') return once(event, listener)
    // The answer is one byte. More would be somebody's in between, who speaks before he is asked (CVE-2021-23222).
    return once(event, (answer) => {
      if (answer.toString('latin1') === NO_TLS) begin()
      else listener(answer)
    })
  }
  Object.assign(stream, {once: heeding})
}
