import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {type Binaries, ensureBinaries} from './binaries.js'
import {clusterMajor, createCluster} from './cluster.js'
import {homeError} from './errors.js'
import {acceptsConnections} from './handshake.js'
import {launch, startFailed, startTimeout} from './launch.js'
import type {FindPackage} from './platform.js'
import {nextFreePort, preferredPort, rememberPort} from './port.js'
import {type Place, prepareHome} from './prepare.js'
import {readLivePidFile} from './process.js'
import {clearStalePidFile} from './stale.js'
import {removeLeftovers} from './temporary.js'

export interface StartOptions {
  onProgress?: ((message: string) => void) | undefined
  /** Told that a server goes on starting which nobody waits for any more. */
  onLeft?: ((message: string) => void) | undefined
  /** Ends the waiting, not the server: somebody else may have begun to wait for it. */
  signal?: AbortSignal | undefined
  /** Where PostgreSQL's programs come from; the installed package unless told. */
  findPackage?: FindPackage | undefined
}

const START_MS = 60_000

/** After this long without an answer from a server that runs, its user is told what is waited for. */
const QUIET_MS = 1000
const POLL_MS = 40

const LEFT = 'the embedded server goes on starting; "cruddur-db server stop" stops it'

/** Orphans of a killed server end as soon as they notice; a busy one takes a while. */
const ORPHANS_MS = 10_000

/**
 * Makes what is missing, from the folder to the cluster, and starts the server, or waits for the one that somebody else
 * has started.
 *
 * @returns whether it was we who started it
 */
export async function bringUp(home: string, options: StartOptions): Promise<boolean> {
  try {
    const place = await prepareHome(home)
    await removeLeftovers(place.home)
    const major = await clusterMajor(join(place.home, 'data'))
    const binaries = await ensureBinaries(place.home, {...options, major})
    if (major === undefined) await createCluster(place, binaries, options)
    return await startOrJoin(place, binaries, options)
  } catch (error) {
    options.signal?.throwIfAborted()
    throw homeError(error, home)
  }
}

async function startOrJoin(
  place: Place,
  binaries: Binaries,
  options: StartOptions,
): Promise<boolean> {
  const {home} = place
  const {onProgress, signal} = options
  const [began, deadline] = [Date.now(), Date.now() + START_MS]
  let port = await preferredPort(home)
  let announced = 0
  // PostgreSQL's own pid file decides who wins when several start at once; whoever does not comes round again.
  for (;;) {
    if (await joinRunning(home, deadline, options)) return false
    port = await nextFreePort(port)
    if (port !== announced) onProgress?.(`Starting PostgreSQL ${binaries.version} on port ${port}`)
    announced = port
    const outcome = await launch({place, binaries, port, deadline, signal}).catch(
      (error: Error) => {
        if (error.name === 'AbortError') options.onLeft?.(LEFT)
        throw error
      },
    )
    if (outcome.kind === 'ready') {
      await rememberPort(home, port)
      // It may be ready before anybody has looked at the signal.
      signal?.throwIfAborted()
      return true
    }
    const patience =
      outcome.kind === 'failed' ? 0 : outcome.kind === 'orphans' ? ORPHANS_MS : START_MS
    if (Date.now() - began > patience) throw startFailed(home, outcome)
    if (outcome.kind === 'port-taken') port++
    await sleep(POLL_MS, undefined, {signal})
  }
}

/** Waits until the server that runs already accepts connections. False: there is none, and nothing of one in the way. */
async function joinRunning(
  home: string,
  deadline: number,
  {onProgress, signal}: StartOptions,
): Promise<boolean> {
  const dataDir = join(home, 'data')
  const began = Date.now()
  let told = false
  for (;;) {
    const file = await readLivePidFile(dataDir)
    if (!file) break
    if (!told && Date.now() - began > QUIET_MS) {
      onProgress?.(`Waiting for PostgreSQL (process ${file.pid}) to accept connections`)
      told = true
    }
    if (file.status === 'ready' && (await acceptsConnections(file.port))) return true
    if (Date.now() > deadline) throw startTimeout(home)
    await sleep(POLL_MS, undefined, {signal})
  }
  await clearStalePidFile(dataDir)
  return false
}
