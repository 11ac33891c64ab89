import type pg from 'pg'
import {abortable} from '../../abortable.js'
import {CruddurError} from '../../error.js'
import {
  type MaintenanceOptions,
  pinned,
  withMaintenanceClient,
} from '../../postgres/connection/connect.js'
import {queryError} from '../../postgres/connection/errors.js'
import {type ListedSession, type Look, listSessions} from '../../postgres/sessions-list.js'
import {isServerError} from '../../server-error.js'
import {describeTarget, type Target} from '../../target/target.js'
import type {FileConnection} from '../files.js'
import type {Shown} from './columns.js'
import {agreeToEndShown} from './ending.js'
import {type Ending, type Live, openLive} from './live.js'
import {isPassing, pauseBefore} from './passing.js'
import {nameOf, newView, withLook} from './view.js'

/** How long the server may take for a look, and from when on its silence is told. */
const LIMIT_MS = 5000
const SILENT_MS = 2000
const SECOND = 1000

export interface WatchOptions extends Shown {
  intervalMs: number
  connection: FileConnection
}

interface Watching {
  target: Target
  live: Live
  connection: FileConnection
}

/** Tells of a server that does not answer. */
function whileSilent({show}: Live): () => void {
  const began = Date.now()
  const timer = setInterval(() => {
    const ms = Date.now() - began
    if (ms >= SILENT_MS) show({trouble: `no answer for ${Math.floor(ms / SECOND)} s`})
  }, SECOND)
  return () => clearInterval(timer)
}

/** @returns undefined when the view has come to its end, or the server took too long */
async function lookAt(client: pg.Client, live: Live): Promise<Look | undefined> {
  const {all, long} = live.view
  const stopTelling = whileSilent(live)
  try {
    const looking = listSessions(client, {all, statements: long, limitMs: LIMIT_MS})
    return await live.unlessEnded(looking)
  } catch (error) {
    if (!isServerError(error) || error.code !== '57014') throw error
    live.show({trouble: `the server took longer than ${LIMIT_MS / SECOND} s to answer`})
    return undefined
  } finally {
    stopTelling()
  }
}

async function endSession(
  client: pg.Client,
  session: ListedSession,
  watching: Watching,
): Promise<void> {
  const {connection, live, target} = watching
  const guarded = {...target, production: true, productionServer: true}
  const end = async (): Promise<number[]> => {
    const asked = live.view.guarded
    const agree = () => agreeToEndShown(asked ? guarded : target, session, connection)
    const ends = await (asked ? live.aside(agree) : agree())
    return await ends(client)
  }
  const found = (error: unknown): Promise<number[]> => {
    // Its server has turned out to be one of RDS.
    if (live.view.guarded || !isRefused(error)) throw error
    live.show({guarded: true})
    return end()
  }
  try {
    const absent = await end().catch(found)
    const what = absent.length > 0 ? 'was gone already:' : 'ended'
    live.show({message: `${what} ${nameOf(session)}`})
  } catch (error) {
    connection.signal.throwIfAborted()
    const known = queryError(error, pinned(target, client))
    if (known.details.sqlstate === undefined && known.exit === 3) throw error
    live.show({message: isRefused(known) ? 'not confirmed: nothing was ended' : known.message})
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof CruddurError && error.code === 'NOT_CONFIRMED'
}

/** Looks again and again, until the view comes to its end or the connection is lost. */
async function follow(client: pg.Client, watching: Watching, onLook: () => void): Promise<void> {
  const {connection, live} = watching
  while (!live.ending) {
    const look = await lookAt(client, live)
    if (look) {
      onLook()
      live.show(withLook(live.view, look, new Date()))
    }
    if (!live.ending) live.open()
    const act = await abortable(live.next(live.view.intervalMs), connection.signal)
    if (act.kind === 'end') await endSession(client, act.session, watching)
  }
}

/** How it is connected: once the view is on the terminal, nothing else may write there. */
function quietly({connection, live}: Watching, signal: AbortSignal): MaintenanceOptions {
  return {
    ...connection,
    signal,
    // Whoever is in template1 keeps everybody from creating databases.
    looks: true,
    leaves: () => true,
    onNotice: undefined,
    onSilence: () => live.isOpen || connection.onSilence?.(),
    onWaiting: (reason) => {
      if (live.isOpen) live.show({trouble: `no connection: ${reason}`})
      else connection.onWaiting?.(reason)
    },
    waitMs: live.isOpen ? 0 : connection.waitMs,
  }
}

async function pauseBeforeNext(
  {connection, live}: Watching,
  lost: CruddurError,
  tries: number,
): Promise<void> {
  const ms = pauseBefore(tries)
  live.show({
    asking: undefined,
    trouble: `no connection, trying again in ${ms / SECOND} s: ${lost.message}`,
  })
  const act = await abortable(live.next(ms), connection.signal)
  if (act.kind === 'end') live.show({message: 'there is no connection to end it with'})
}

/**
 * Shows who is connected, over and over on the terminal's alternate screen, until a key ends that. A server that is lost is
 * waited for.
 *
 * @returns how it came to its end; the terminal is given back by then, as it is when this throws
 * @throws CruddurError as a connection does when the first one fails, or a later one for good; the signal's reason
 */
export async function watchSessions(target: Target, options: WatchOptions): Promise<Ending> {
  const {connection, ...shown} = options
  const {signal} = connection
  const quitting = new AbortController()
  let isConnected = false
  let tries = 0
  const view = newView({
    ...shown,
    guarded: target.productionServer,
    name: target.name,
    where: describeTarget(target),
  })
  const live = openLive(view, () => {
    if (!isConnected) quitting.abort(new CruddurError('INTERRUPTED', 'not needed any more'))
  })
  const watching = {target, live, connection}
  const run = async (client: pg.Client): Promise<void> => {
    isConnected = true
    await follow(client, watching, () => {
      tries = 0
    }).finally(() => {
      isConnected = false
    })
  }
  try {
    while (!live.ending) {
      const either = AbortSignal.any([signal, quitting.signal])
      await withMaintenanceClient(target, run, quietly(watching, either)).catch(async (error) => {
        signal.throwIfAborted()
        if (live.ending) return
        if (!live.isOpen || !isPassing(error)) throw error
        await pauseBeforeNext(watching, error, tries++)
      })
    }
    return live.ending
  } finally {
    live.close()
  }
}
