import type pg from 'pg'
import {cancelOnAbort} from '../postgres/connection/cancel.js'
import {type ConnectOptions, withClient} from '../postgres/connection/connect.js'
import {keepOpen} from '../postgres/connection/keep.js'
import {attemptOf} from '../postgres/connection/pin.js'
import type {Target} from '../target/target.js'

/** What the server says of the session's transaction: none, one, or one that has failed. */
export type Transaction = 'none' | 'open' | 'failed'

/** A connection that lasts until it is closed or lost. */
export interface Link {
  client: pg.Client
  transaction(): Transaction
  /** Whether '…' takes a backslash as it is (`standard_conforming_strings`). */
  standardStrings(): boolean
  /** What it was lost by; undefined while it lasts. */
  loss(): unknown
  /** Says goodbye to the server. */
  close(): Promise<void>
}

const STATES: Readonly<Record<string, Transaction>> = {I: 'none', T: 'open', E: 'failed'}

/**
 * Connects, for as long as a person wants.
 *
 * @param options its signal ends the session, also later
 * @throws as `withClient`
 */
export async function openLink(target: Target, options: ConnectOptions): Promise<Link> {
  const {client, close} = keepOpen((fn) => withClient(target, fn, options))
  return linkOf(await client, close)
}

function linkOf(client: pg.Client, close: Link['close']): Link {
  let transaction: Transaction = 'none'
  let standardStrings = attemptOf(client).standardStrings ?? true
  let loss: unknown
  client.connection.on('readyForQuery', ({status}: {status: string}) => {
    transaction = STATES[status] ?? 'none'
  })
  client.connection.on('parameterStatus', (status: Record<string, string>) => {
    if (status['parameterName'] === 'standard_conforming_strings')
      standardStrings = status['parameterValue'] === 'on'
  })
  client.on('error', (error) => {
    loss ??= error
  })
  client.on('end', () => {
    loss ??= new Error('Connection terminated')
  })
  return {
    client,
    transaction: () => transaction,
    standardStrings: () => standardStrings,
    loss: () => loss,
    close,
  }
}

/** When {@link cancelOnAbort} would cut a connection whose statement goes on; before that it is stopped from doing so. */
const BEFORE_THE_CUT_MS = 400

/** Asks the server to cancel the statement under way. */
export interface Canceller {
  /** May be called again for a statement that goes on. */
  cancel(): void
  /** To be awaited when the statement is over: no request may meet the next one. */
  over(): Promise<void>
}

/** The connection stays, however long the statement takes to end: what is in its session would be lost. */
export function cancellerOf(client: pg.Client): Canceller {
  const under: (() => Promise<void>)[] = []
  const timers: NodeJS.Timeout[] = []
  return {
    cancel() {
      const request = new AbortController()
      const stop = cancelOnAbort(client, request.signal)
      under.push(stop)
      timers.push(setTimeout(() => void stop(), BEFORE_THE_CUT_MS))
      request.abort(new Error('cancelled by the user'))
    },
    async over() {
      timers.forEach(clearTimeout)
      await Promise.all(under.map((stop) => stop()))
    },
  }
}
