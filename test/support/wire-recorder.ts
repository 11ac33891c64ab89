import {type AddressInfo, connect, createServer, type Socket} from 'node:net'
import {frontendReader, type Message} from './frontend.js'
import {type Lockstep, lockstep} from './lockstep.js'
import {followTurn} from './turn.js'

/** What a client sends without an answer in between. */
export interface Flight {
  /** One more than the greatest depth of the answers that the program had, on any connection, when it was sent. */
  depth: number
  /** `connect` stands for the TCP connection. */
  messages: Pick<Message, 'type' | 'sql'>[]
}

export interface Recording {
  /** The flights of each connection that are waited for: a Terminate alone is none. */
  connections: Flight[][]
  /**
   * The longest chain of round trips, in flights, and in goodbyes where the program waited for the connection's end: read it
   * as soon as the program has ended.
   */
  depth: number
}

export interface Recorder {
  port: number
  recording: () => Recording
  close: () => void
}

interface Options {
  /** How long the program is quiet before it gets an answer, in milliseconds. */
  delayMs?: number
  /** How long one answer may hold up those to other connections, in milliseconds. */
  patienceMs?: number
}

/** Refused by the recorder itself, which could not read what is encrypted. */
const ENCRYPTION = ['SSLRequest', 'GSSENCRequest']

const isGoodbye = ({messages}: Flight): boolean => messages.every(({type}) => type === 'X')

/** @returns the connection's flights, which grow */
function record(client: Socket, server: Socket, steps: Lockstep): Flight[] {
  const connected = steps.depth() + 1
  const flights: Flight[] = [{depth: connected, messages: [{type: 'connect'}]}]
  steps.add({depth: () => connected, come: () => 'all', deliver: () => {}})
  const read = frontendReader()
  const turn = followTurn()
  let flight: Flight | undefined
  let held: Buffer[] = []
  let ended = false

  const pass = (): void => {
    flight = undefined
    if (held.length > 0) client.write(Buffer.concat(held))
    held = []
    if (ended) client.end()
  }
  const come = () => {
    if (ended) return 'all'
    if (held.length === 0) return 'nothing'
    return turn.isClients() ? 'all' : 'some'
  }
  const flightNow = (): Flight => {
    const depth = Math.max(steps.depth(), connected) + 1
    if (flight) return Object.assign(flight, {depth})
    const begun: Flight = {depth, messages: []}
    flights.push(begun)
    const depthOf = () => begun.depth
    steps.add({depth: depthOf, come, deliver: pass, isGoodbye: () => isGoodbye(begun)})
    flight = begun
    return begun
  }
  client.on('data', (chunk) => {
    steps.heard()
    for (const {type, sql, bytes} of read(chunk)) {
      flightNow().messages.push(sql === undefined ? {type} : {type, sql})
      turn.sent(type)
      if (ENCRYPTION.includes(type)) held.push(Buffer.from('N'))
      else server.write(bytes)
    }
  })
  server.on('data', (chunk) => {
    turn.came(chunk)
    held.push(chunk)
    if (!flight) pass()
  })
  const onEnd = (): void => {
    ended = true
    if (!flight) pass()
  }
  server.on('end', onEnd).on('close', onEnd)
  client.on('end', () => server.end()).on('close', () => server.destroy())
  return flights
}

/**
 * Stands between a program and its server, and counts the round trips. They are never too few; on a machine that is too
 * busy to let the program speak within `delayMs` they can be too many (see lockstep.ts), so a test that finds too many
 * counts again.
 *
 * @param server where it leads to, without TLS
 */
export async function openRecorder(
  server: {host: string; port: number},
  {delayMs = 20, patienceMs = 3000}: Options = {},
): Promise<Recorder> {
  const steps = lockstep({delayMs, patienceMs})
  const sockets: Socket[] = []
  const connections: Flight[][] = []
  const listener = createServer({allowHalfOpen: true, noDelay: true}, (client) => {
    steps.heard()
    const onward = connect({...server, allowHalfOpen: true, noDelay: true})
    for (const socket of [client, onward]) sockets.push(socket.on('error', () => {}))
    connections.push(record(client, onward, steps))
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  return {
    port: (listener.address() as AddressInfo).port,
    recording: () => {
      const counted = connections.map((flights) => flights.filter((flight) => !isGoodbye(flight)))
      return {
        connections: counted,
        depth: Math.max(steps.depth(), ...counted.flat().map(({depth}) => depth)),
      }
    },
    close: () => {
      steps.stop()
      listener.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
