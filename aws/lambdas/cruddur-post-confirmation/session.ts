import type pg from 'pg'
import {withDeadline} from '../../../src/lib/abortable.js'
import {closeClient} from '../../../src/lib/postgres/connection/close.js'
import {queryError} from '../../../src/lib/postgres/connection/errors.js'
import {openClient} from '../../../src/lib/postgres/connection/open.js'
import type {Target} from '../../../src/lib/target/target.js'

/** How the connection of a call came about: made for it, left by an earlier one, or made in place of that one. */
export type Origin = 'new' | 'kept' | 'renewed'

/** What is to be done with a connection until `deadline`, in the terms of `Date.now()`. */
export type Work<T> = (client: pg.Client, deadline: number) => Promise<T>

/** A connection that outlives the calls which use it. */
export interface Session {
  /** Does the work, on a new connection again when the kept one turns out to be dead: it has to bear being done twice. */
  run<T>(target: Target, work: Work<T>, options: RunOptions): Promise<T>
}

export interface RunOptions {
  /** When nobody waits any more, in the terms of `Date.now()`. */
  deadline: number
  /** Told with each connection that the work is begun on; undefined: a kept one was dead, and another is being made. */
  onConnected: (origin: Origin | undefined) => void
}

/** Thrown when the time is over. */
export const LATE = new Error('out of time')

/**
 * Between two calls Lambda stops the whole machine, and what ends connections meanwhile need not tell: a kept connection that
 * does not get this far in this time is taken for dead.
 */
const KEPT_MS = 800
/** Kept for saying why, when a server that is not there has been waited for. */
const SPARE_MS = 200

function within<T>(deadline: number, fn: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return withDeadline(Math.max(deadline - Date.now(), 0), () => LATE, fn)
}

function cut(client: pg.Client): void {
  client.connection.stream.destroy()
}

/** Does the work, and cuts the connection when it fails or is late: what the server still has of it is rolled back. */
async function use<T>(client: pg.Client, work: Work<T>, deadline: number): Promise<T> {
  try {
    return await within(deadline, () => work(client, deadline))
  } catch (error) {
    cut(client)
    throw error
  }
}

function connect(target: Target, deadline: number): Promise<pg.Client> {
  // A server that is not there at the moment may be changing over to its standby.
  const waitMs = Math.max(deadline - Date.now() - SPARE_MS, 0)
  return within(deadline, (signal) => openClient(target, {signal, waitMs}))
}

/** A session without a connection yet. */
export function createSession(): Session {
  let kept: pg.Client | undefined

  const keep = (client: pg.Client): void => {
    const spare = kept
    kept = client
    if (spare) void closeClient(spare).catch(() => {})
  }

  const runKept = async <T>(
    client: pg.Client,
    work: Work<T>,
    deadline: number,
  ): Promise<{done: T} | undefined> => {
    try {
      const done = await use(client, work, Math.min(deadline, Date.now() + KEPT_MS))
      keep(client)
      return {done}
    } catch {
      // Whatever it was, it is found out better on a new connection.
      return undefined
    }
  }

  return {
    async run(target, work, {deadline, onConnected}) {
      // Taken: a call at the same time makes a connection of its own.
      const early = kept
      kept = undefined
      if (early) {
        onConnected('kept')
        const outcome = await runKept(early, work, deadline)
        if (outcome) return outcome.done
        onConnected(undefined)
      }
      const client = await connect(target, deadline)
      onConnected(early ? 'renewed' : 'new')
      try {
        const done = await use(client, work, deadline)
        keep(client)
        return done
      } catch (error) {
        throw error === LATE ? error : queryError(error, target)
      }
    },
  }
}
