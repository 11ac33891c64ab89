import type {Socket} from 'node:net'
import {Writable} from 'node:stream'
import type pg from 'pg'
import {endSession, type Sign, signOf} from './signs.js'

/** In milliseconds. */
export interface WatchTimes {
  /** How long no byte comes or goes, while an answer is due, before the server is asked for a sign of life. */
  quietMs: number
  /** How long one sign is waited for. */
  askMs: number
  /** How long there may be none before the connection counts as lost. */
  patienceMs: number
  /** The pause before the server is asked again when there was none. */
  againMs: number
}

const TIMES: WatchTimes = {quietMs: 10_000, askMs: 10_000, patienceMs: 30_000, againMs: 2000}

/** A statement may take hours; so often the server is asked at least, in multiples of `quietMs`. */
const SELDOM = 6

/** A slower way up than this, in bytes per millisecond, is none: what is still to be sent is given so much time. */
const SLOWEST = 16

/** What node-postgres leaves out of its types. */
interface Inside {
  readyForQuery: boolean
  _activeQuery: unknown
}

const insideOf = (client: pg.Client): Partial<Inside> => client as pg.Client & Partial<Inside>

/** Whether it is we who have something to send: the rows of a COPY that we have not got ourselves yet. */
function isOurTurn(client: pg.Client, {writableLength}: Socket): boolean {
  const {_activeQuery: query} = insideOf(client)
  if (!(query instanceof Writable) || query.writableEnded) return false
  return query.writableLength === 0 && writableLength === 0
}

/** Bytes that came and that were passed on to the system. */
function progressOf({bytesRead, bytesWritten, writableLength}: Socket): number {
  return bytesRead + bytesWritten - writableLength
}

const WORDS: Record<Exclude<Sign, 'alive'>, string> = {
  silent: 'on a new connection neither',
  gone: 'and the server has ended its session',
  listening: 'though the server answers on a new connection',
}

function lost(sign: keyof typeof WORDS, quietMs: number): Error {
  return new Error(`no answer for ${Math.round(quietMs / 1000)} s, ${WORDS[sign]}`)
}

interface Watch {
  client: pg.Client
  stream: Socket
  times: WatchTimes
  /** Aborted when nobody watches any more. */
  signal: AbortSignal
  /** Bytes at the last look, and since when there are no more. */
  progress: number
  quietSince: number
  /** Since when the server is asked without a sign of life. */
  askedSince: number | undefined
}

function hasMoved(watch: Watch, at: number): boolean {
  const progress = progressOf(watch.stream)
  if (progress === watch.progress) return false
  watch.progress = progress
  watch.quietSince = at
  watch.askedSince = undefined
  return true
}

async function ask({client, stream, times, signal, askedSince}: Watch): Promise<Sign> {
  const {againMs, askMs, patienceMs} = times
  const left = askedSince === undefined ? askMs : askedSince + patienceMs - Date.now()
  const limitMs = Math.max(againMs, Math.min(askMs, left))
  const sign = await signOf(client, {limitMs, signal})
  return sign === 'listening' && isOurTurn(client, stream) ? 'alive' : sign
}

/** @returns when to look again, in milliseconds; undefined: the patience is at its end */
function nextPause({askedSince, stream, times}: Watch, sign: Sign): number | undefined {
  const {againMs, patienceMs, quietMs} = times
  if (sign === 'alive' || askedSince === undefined) {
    return Math.min((stream.timeout ?? quietMs) * 2, quietMs * SELDOM)
  }
  const patience = patienceMs + stream.writableLength / SLOWEST
  return Date.now() - askedSince < patience ? againMs : undefined
}

async function giveUp(watch: Watch, sign: keyof typeof WORDS): Promise<void> {
  const {client, signal, stream, times} = watch
  const quiet = Date.now() - watch.quietSince
  if (sign === 'listening') await endSession(client, {limitMs: times.askMs, signal})
  if (!signal.aborted) stream.destroy(lost(sign, quiet))
}

async function onQuiet(watch: Watch): Promise<void> {
  const {client, signal, stream, times} = watch
  if (insideOf(client).readyForQuery !== false) return
  const began = Date.now()
  hasMoved(watch, began - (stream.timeout ?? 0))
  const sign = await ask(watch)
  if (signal.aborted) return
  if (hasMoved(watch, Date.now())) {
    stream.setTimeout(times.quietMs)
    return
  }
  watch.askedSince = sign === 'alive' ? undefined : (watch.askedSince ?? began)
  const pause = nextPause(watch, sign)
  if (pause !== undefined) stream.setTimeout(pause)
  else if (sign !== 'alive') await giveUp(watch, sign)
}

/**
 * Finds out that an answer will never come: the system itself notices it after a quarter of an hour where a firewall drops
 * what was sent, and never where the server hangs. A long statement is silent too; so when nothing has come or gone for a
 * while the server is asked for a sign of life on a new connection. Costs nothing before that, and keeps no process alive.
 *
 * @param times for tests; 10 s of quiet, then 30 s without a sign, unless told
 * @returns ends that; while it lasts, a connection that is given up fails with what was found out
 */
export function watchConnection(client: pg.Client, times: Partial<WatchTimes> = {}): () => void {
  const stream = client.connection.stream as Socket
  const over = new AbortController()
  const watch: Watch = {
    client,
    stream,
    times: {...TIMES, ...times},
    signal: over.signal,
    progress: progressOf(stream),
    quietSince: Date.now(),
    askedSince: undefined,
  }
  const listener = (): void => void onQuiet(watch)
  stream.setTimeout(watch.times.quietMs)
  stream.on('timeout', listener)
  return () => {
    over.abort(new Error('not watched any more'))
    stream.off('timeout', listener)
    stream.setTimeout(0)
  }
}
