import type {Socket} from 'node:net'
import type pg from 'pg'
import {type Target, withDatabase} from '../../target/target.js'
import {closeClient} from './close.js'
import {encryptions} from './dial.js'
import {logIn} from './login.js'
import {attemptOf} from './pin.js'
import {processIdOf} from './process-id.js'

/**
 * A login to a database that is not there yet. PostgreSQL looks for the database when it knows who asks for it: all that is to
 * be said before can be said while the database is made, which saves four of the five round trips of a connection.
 */
export interface EarlyLogin {
  /**
   * Says who wants to log in. From then on until it is finished every DROP DATABASE on the server waits for this login (from
   * PostgreSQL 15 on each backend has to answer a ProcSignalBarrier, which one that waits for a password does not: 15.18,
   * 18.4), so it ends by itself when it takes long.
   *
   * @param client which has logged in to the same server; without a password, or to a pooler, which would look for the
   *   database, the early login ends
   */
  introduce: (client: pg.Client) => void
  /** Sends the password. @returns undefined when it came to nothing, whyever; the usual way tells what is wrong */
  finish: () => Promise<pg.Client | undefined>
  /** Ends what is not finished. */
  abandon: () => void
}

/** How long it may hold up others, from the introduction and again from the password on; nor may a silent one hold up us. */
const HELD_MS = 5000

/** The greatest number of a process (Linux: PID_MAX_LIMIT); the number that PgBouncer makes up is mostly greater, or negative. */
const PROCESS_ID_MAX = 2 ** 22

function isPooler(client: pg.Client): boolean {
  const pid = processIdOf(client) ?? 0
  return pid <= 0 || pid > PROCESS_ID_MAX
}

/** A name may lead to several servers, each connection to another one. */
function addressOf({connection}: pg.Client): string | undefined {
  return (connection.stream as Socket).remoteAddress
}

interface Gate {
  passed: Promise<void>
  open: () => void
}

function gate(): Gate {
  let open = (): void => {}
  const passed = new Promise<void>((resolve) => {
    open = resolve
  })
  return {passed, open}
}

/**
 * Begins to log in, as far as possible without naming user and database.
 *
 * @returns undefined where it is not known beforehand which server will be spoken to, and how
 */
export function beginEarly(
  target: Target,
  database: string,
  signal: AbortSignal | undefined,
): EarlyLogin | undefined {
  const [host, ...others] = target.hosts
  const unsure = others.length > 0 || target.sessionAttributes !== 'any' || target.loginToken
  if (unsure || target.tls.mode === 'allow') return undefined
  const [introduction, last] = [gate(), gate()]
  const over = new AbortController()
  const [encryption = 'plain'] = encryptions(target.tls.mode, host)
  const attempt = {target: withDatabase(target, database), host, encryption}
  const logging = logIn(attempt, {
    signal: signal ? AbortSignal.any([signal, over.signal]) : over.signal,
    plainToo: target.tls.mode === 'prefer',
    holds: {introduction: introduction.passed, last: last.passed},
  }).catch(() => undefined)
  const abandon = (): void => {
    if (given) return
    over.abort(new Error('not needed any more'))
    void logging.then((client) => client && closeClient(client, true))
  }
  let first: pg.Client | undefined
  let given = false
  let limit: NodeJS.Timeout | undefined
  const limited = (): void => {
    clearTimeout(limit)
    limit = setTimeout(abandon, HELD_MS).unref()
  }
  return {
    introduce: (client) => {
      first = client
      if (!attemptOf(client).passwordAsked || isPooler(client)) abandon()
      else limited()
      introduction.open()
    },
    finish: async () => {
      limited()
      last.open()
      const client = await logging
      clearTimeout(limit)
      if (!client || !first || over.signal.aborted) return undefined
      given = addressOf(first) === addressOf(client)
      if (given) return client
      abandon()
      return undefined
    },
    abandon,
  }
}
