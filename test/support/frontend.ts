/** What a client of PostgreSQL sends: https://www.postgresql.org/docs/current/protocol-message-formats.html */
export interface Message {
  /** `StartupMessage`, `SSLRequest`, `GSSENCRequest`, `CancelRequest`; then the one letter of the protocol. */
  type: string
  /** Of a Query or a Parse. */
  sql?: string
  bytes: Buffer
}

/** By the number where a StartupMessage has its version. */
const REQUESTS = new Map([
  [80_877_102, 'CancelRequest'],
  [80_877_103, 'SSLRequest'],
  [80_877_104, 'GSSENCRequest'],
])

const text = (bytes: Buffer): string => bytes.toString('utf8').replace(/\0.*$/s, '')

function sqlOf(type: string, body: Buffer): {sql?: string} {
  if (type === 'Q') return {sql: text(body)}
  // The statement's name comes first.
  return type === 'P' ? {sql: text(body.subarray(body.indexOf(0) + 1))} : {}
}

/** @returns what takes the bytes of one connection, as they come, and gives the messages they complete */
export function frontendReader(): (chunk: Buffer) => Message[] {
  let rest: Buffer = Buffer.alloc(0)
  let started = false
  const take = (length: number): Buffer | undefined => {
    if (rest.length < length) return undefined
    const bytes = rest.subarray(0, length)
    rest = rest.subarray(length)
    return bytes
  }
  const first = (): Message | undefined => {
    const bytes = rest.length < 8 ? undefined : take(rest.readInt32BE(0))
    if (!bytes) return undefined
    const type = REQUESTS.get(bytes.readInt32BE(4)) ?? 'StartupMessage'
    started = type === 'StartupMessage'
    return {type, bytes}
  }
  const next = (): Message | undefined => {
    if (!started) return first()
    const bytes = rest.length < 5 ? undefined : take(rest.readInt32BE(1) + 1)
    if (!bytes) return undefined
    const type = bytes.toString('latin1', 0, 1)
    return {type, ...sqlOf(type, bytes.subarray(5)), bytes}
  }
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    const messages: Message[] = []
    for (let message = next(); message; message = next()) messages.push(message)
    return messages
  }
}
