import {type ChildProcess, fork} from 'node:child_process'
import {once} from 'node:events'
import {fileURLToPath} from 'node:url'
import {withConnection} from './database.js'
import {childEnvironment} from './measure.js'
import {median} from './statistics.js'

/** What the link adds. */
export interface Delay {
  /** To every message, each way. */
  delayMs: number
  /** A new connection is to take a round trip as well, as it does in a network: see relay.ts. */
  handshake?: boolean
}

/** A server behind a slow link. */
export interface Link {
  /** Its URL through the link. */
  server: string
  /** Median time of a `SELECT 1` over it. */
  roundTripMs: number
}

const RELAY = fileURLToPath(new URL('relay.ts', import.meta.url))
/** So many samples of a round trip, or those of so long. */
const SAMPLES = 200
const SAMPLING_MS = 1000

/** Runs `fn` with a server behind a link. */
export async function withLink<T>(
  server: string,
  {delayMs, handshake = false}: Delay,
  fn: (link: Link) => Promise<T>,
): Promise<T> {
  const {hostname, port} = new URL(server)
  const address = [hostname.replace(/^\[|\]$/g, ''), port || '5432']
  const args = [...address, String(delayMs), ...(handshake ? ['handshake'] : [])]
  const relay = fork(RELAY, args, {
    env: childEnvironment(),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  try {
    const slow = new URL(server)
    slow.host = `127.0.0.1:${await portOf(relay)}`
    return await fn({server: slow.href, roundTripMs: await roundTrip(slow.href)})
  } finally {
    relay.kill()
  }
}

async function portOf(relay: ChildProcess): Promise<number> {
  const ended = once(relay, 'exit').then(([code]) => {
    throw new Error(`the relay ended with ${code}`)
  })
  const [port] = await Promise.race([once(relay, 'message'), ended])
  return Number(port)
}

async function roundTrip(url: string): Promise<number> {
  return await withConnection(url, async (client) => {
    const times: number[] = []
    const limit = performance.now() + SAMPLING_MS
    while (times.length < SAMPLES && performance.now() < limit) {
      const sent = performance.now()
      await client.query('SELECT 1')
      times.push(performance.now() - sent)
    }
    return median(times)
  })
}
