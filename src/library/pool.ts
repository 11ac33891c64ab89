import type {Socket} from 'node:net'
import type pg from 'pg'
import type {CruddurError} from '../lib/error.js'
import {closeClient} from '../lib/postgres/connection/close.js'
import {openClient} from '../lib/postgres/connection/open.js'
import {type WatchTimes, watchConnection} from '../lib/postgres/connection/watch.js'
import type {Target} from '../lib/target/target.js'
import {closed, late} from './pool-errors.js'

export interface PoolLimits {
  max: number
  /** Milliseconds. */
  idleMs: number
  /** Milliseconds. */
  acquireMs: number
  /** When a silent server counts as lost; for tests. */
  watch?: Partial<WatchTimes>
}

/** Connections that are kept open between requests. */
export interface Pool {
  /**
   * Runs `fn` with a connection that nobody else has meanwhile. One that is silent for long, and whose server gives no sign of
   * life on a new one, is lost (see `watchConnection`).
   *
   * @param fn `onLost`: to be told that the connection is of no use any more
   * @param ready what has to have succeeded before a connection is taken for it
   * @throws what `fn` throws, or `ready`; what a connection fails with as CruddurError; POOL_TIMEOUT, POOL_CLOSED
   */
  use<T>(
    fn: (client: pg.Client, onLost: () => void) => Promise<T>,
    ready?: Promise<unknown>,
  ): Promise<T>
  /** Waits for the requests under way, then closes all connections. */
  end(): Promise<void>
}

interface Waiting {
  resolve(client: pg.Client | undefined): void
  reject(error: CruddurError): void
}

interface Idle {
  client: pg.Client
  timer: NodeJS.Timeout
}

/** node-postgres' own pool reads URLs and speaks TLS by other rules, and cannot be given a connection that was made by ours. */
export function openPool(target: Target, limits: PoolLimits): Pool {
  const idle: Idle[] = []
  const waiting: Waiting[] = []
  const lost = new WeakSet<pg.Client>()
  let open = 0
  let connecting = 0
  /** Requests that have begun and not ended, with or without a connection. */
  let underWay = 0
  let ending: Promise<void> | undefined
  let ended = (): void => {}

  const settle = (): void => {
    if (ending && open === 0 && underWay === 0) ended()
  }

  /** One connection less: who waits may open another one. */
  const leave = (): void => {
    open--
    const next = waiting.shift()
    if (next) {
      open++
      next.resolve(undefined)
    } else settle()
  }

  const discard = async (client: pg.Client): Promise<void> => {
    lost.add(client)
    await closeClient(client).catch(() => {})
    leave()
  }

  const takeIdle = (client: pg.Client): boolean => {
    const at = idle.findIndex((each) => each.client === client)
    const [found] = at < 0 ? [] : idle.splice(at, 1)
    clearTimeout(found?.timer)
    return found !== undefined
  }

  const connect = async (): Promise<pg.Client> => {
    connecting++
    try {
      const client = await openClient(target, {})
      client.on('error', () => {
        lost.add(client)
        if (takeIdle(client)) void discard(client)
      })
      return client
    } catch (error) {
      leave()
      throw error
    } finally {
      connecting--
    }
  }

  const wait = (): Promise<pg.Client | undefined> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => entry.reject(late(limits, connecting)), limits.acquireMs)
      const over = (): void => {
        clearTimeout(timer)
        const at = waiting.indexOf(entry)
        if (at >= 0) waiting.splice(at, 1)
      }
      const entry: Waiting = {
        resolve: (client) => {
          over()
          resolve(client)
        },
        reject: (error) => {
          over()
          reject(error)
        },
      }
      waiting.push(entry)
    })

  const acquire = async (): Promise<pg.Client> => {
    const client = idle.at(-1)?.client
    if (client && takeIdle(client)) return client
    if (open < limits.max) {
      open++
      return await connect()
    }
    return (await wait()) ?? (await connect())
  }

  const release = (client: pg.Client): void => {
    // A statement that began a transaction of its own has left it open.
    if (lost.has(client) || client.getTransactionStatus() !== 'I') {
      void discard(client)
      return
    }
    const next = waiting.shift()
    if (next) {
      next.resolve(client)
      return
    }
    if (ending) {
      void discard(client)
      return
    }
    const timer = setTimeout(() => {
      if (takeIdle(client)) void discard(client)
    }, limits.idleMs)
    // Nobody is kept from ending by a connection that nobody uses.
    timer.unref()
    idle.push({client, timer})
  }

  const useOne: Pool['use'] = async (fn) => {
    const client = await acquire()
    const {stream} = client.connection
    ;(stream as Socket).ref()
    const stopWatching = watchConnection(client, limits.watch)
    try {
      return await fn(client, () => lost.add(client))
    } finally {
      stopWatching()
      ;(stream as Socket).unref()
      release(client)
    }
  }

  return {
    async use(fn, ready) {
      if (ending) throw closed()
      underWay++
      try {
        await ready
        return await useOne(fn)
      } finally {
        underWay--
        settle()
      }
    },
    end() {
      ending ??= new Promise((resolve) => {
        ended = resolve
        if (open === 0 && underWay === 0) resolve()
        for (const {client} of [...idle]) if (takeIdle(client)) void discard(client)
      })
      return ending
    },
  }
}
