import type {Socket} from 'node:net'
import type pg from 'pg'
import type {Target} from '../../target/target.js'
import {frameChecker} from './frames.js'

/** What node-postgres leaves out of its types: it has its parser read the stream, of which only `on` is called. */
interface Inside {
  attachListeners: (stream: Pick<Socket, 'on'>) => void
}

/** AuthenticationXXX that node-postgres does not know (PostgreSQL documentation, 55.7). */
const WAYS: Readonly<Record<string, string>> = {2: 'Kerberos', 6: 'SCM', 7: 'GSSAPI', 9: 'SSPI'}

function wordsOf(error: unknown): Error {
  const {message, name} = error instanceof Error ? error : new Error(String(error))
  const [, way] = /^Unknown authenticationOk message type (-?\d+)$/.exec(message) ?? []
  if (way)
    return new Error(`it asks for a way to log in that is not supported (${WAYS[way] ?? way})`)
  // Its own are plain ones; a RangeError is that of a buffer that is read past its end.
  if (name === 'Error') return new Error(message, {cause: error})
  return new Error("it does not speak PostgreSQL's protocol (a broken message)", {cause: error})
}

/** Words that are in every other message: to hide them would hide the message, and they are no secret. */
const PLAIN_WORD = /^([a-z]*|.{0,5})$/i

/** Hides the password, which a server that has asked for it in the clear can say. */
function hide(message: Record<string, unknown>, password: string): void {
  for (const [name, value] of [
    ...Object.entries(message),
    ['message', message['message']] as const,
  ]) {
    if (typeof value === 'string') message[name] = value.replaceAll(password, '***')
  }
}

/**
 * Stands between the server and node-postgres, which throws out of the process, or never comes back, when an answer is broken.
 * Such an answer ends the connection with an error that says so. To be called before it connects.
 */
export function guardAnswers(
  {connection}: Pick<pg.Client, 'connection'>,
  {password}: Target,
): void {
  const inside = connection as pg.Connection & Inside
  const attach = inside.attachListeners.bind(connection)
  inside.attachListeners = (stream) => {
    const check = frameChecker()
    const guarded = (parse: (chunk: Buffer) => void) => (chunk: Buffer) => {
      const socket = stream as Socket
      if (socket.destroyed) return
      try {
        check(chunk)
        parse(chunk)
      } catch (error) {
        socket.destroy(wordsOf(error))
      }
    }
    attach({
      on: (event: string, fn: () => void) => stream.on(event, event === 'data' ? guarded(fn) : fn),
    } as Pick<Socket, 'on'>)
  }
  const tidy = (message: Record<string, unknown>): void => {
    message['message'] ||= 'the server gives no words for it'
    const secret = password?.reveal() ?? ''
    if (!PLAIN_WORD.test(secret)) hide(message, secret)
  }
  for (const event of ['errorMessage', 'notice']) connection.prependListener(event, tidy)
}
