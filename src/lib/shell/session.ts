import type pg from 'pg'
import {CruddurError, reworded} from '../error.js'
import {type ConnectOptions, pinned} from '../postgres/connection/connect.js'
import {queryError} from '../postgres/connection/errors.js'
import {isRdsHost} from '../target/production.js'
import type {Target} from '../target/target.js'
import {type Link, openLink, type Transaction} from './link.js'

/** The shell's way to the server, through lost connections and other databases. */
export interface Session {
  target(): Target
  /** `lost`: there is no connection at the moment. */
  transaction(): Transaction | 'lost'
  /** Whether '…' takes a backslash as it is. */
  standardStrings(): boolean
  /**
   * A connection that stands; made anew where the last one was lost, and that was said.
   *
   * @throws CruddurError CONNECTION_LOST, once, when it was lost since it was last used
   */
  client(): Promise<pg.Client>
  /** Goes to another database of the server, or stays where that fails. @returns the transaction that is lost by it */
  moveTo(database: string | undefined): Promise<Transaction | 'lost'>
  /** Gives up a connection that was lost. */
  lose(): void
  /** Ends an attempt to connect. */
  giveUp(): void
  close(): Promise<void>
}

export interface SessionOptions extends ConnectOptions {
  /** Told of each new connection, also the first. */
  onLink(link: Link): void
}

/** Another database of the same server, and whether that one is production, by the rules that the first was judged by. */
export function inDatabase(target: Target, origin: Target, database: string): Target {
  const always = origin.name === 'production' || target.hosts.some(isRdsHost)
  const guarded = origin.productionServer && origin.guard?.database === database
  const same = database === origin.database && origin.production
  return {...target, database, production: always || guarded || same}
}

/** Connects, and stays connected. */
export async function openSession(origin: Target, options: SessionOptions): Promise<Session> {
  let target = origin
  let attempt: AbortController | undefined
  const connect = async (to: Target): Promise<Link> => {
    const giveUp = new AbortController()
    const signals = [giveUp.signal, ...(options.signal ? [options.signal] : [])]
    attempt = giveUp
    try {
      const link = await openLink(to, {...options, signal: AbortSignal.any(signals)})
      options.onLink(link)
      return link
    } finally {
      // The signal lasts as long as the session, which must not end by it.
      attempt = undefined
    }
  }
  let link: Link | undefined = await connect(target)
  return {
    target: () => target,
    transaction: () => (link && link.loss() === undefined ? link.transaction() : 'lost'),
    standardStrings: () => link?.standardStrings() ?? true,
    async client() {
      const loss = link?.loss()
      if (link && loss === undefined) return link.client
      const lost = link
      link = undefined
      if (lost) throw lossError(loss, lost.transaction(), target)
      link = await connect(target)
      return link.client
    },
    async moveTo(database = target.database) {
      const server = link && link.loss() === undefined ? pinned(target, link.client) : target
      const next = await connect(inDatabase(server, origin, database))
      const before = link?.transaction() ?? 'lost'
      await link?.close()
      link = next
      target = inDatabase(server, origin, database)
      return before
    },
    lose() {
      void link?.close()
      link = undefined
    },
    giveUp: () => attempt?.abort(new CruddurError('INTERRUPTED', 'not connected', {exit: 130})),
    close: async () => await link?.close(),
  }
}

function lossError(loss: unknown, transaction: Transaction, target: Target): CruddurError {
  const error = queryError(loss, target)
  if (error.code !== 'CONNECTION_LOST') return error
  if (transaction === 'none') return reworded(error, {hint: 'the statement was not run'})
  return reworded(error, {hint: 'the statement was not run; the open transaction is undone'})
}
