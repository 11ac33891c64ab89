import {execFile} from 'node:child_process'
import {availableParallelism} from 'node:os'
import {promisify} from 'node:util'
import {CruddurError} from '../src/lib/error.js'
import type {Command} from './measure.js'

/** Lists of processors, as taskset takes them: `0-1`. */
export interface Placement {
  clients: string
  server: string
}

/**
 * Moves a server to half of the processors; its sessions will run there too. The other half is for the clients.
 *
 * Left to the system, a client and its session share a processor in one run and not in the next, and a round trip
 * between two idle processors takes several times longer than on one (on a virtual machine 75 µs instead of 18).
 *
 * @throws CruddurError BENCH_APART
 */
export async function setApart(postmaster: number): Promise<Placement> {
  const cpus = availableParallelism()
  if (cpus < 2) throw notApart('there is one processor only')
  const half = cpus >> 1
  const placement = {clients: range(0, half - 1), server: range(half, cpus - 1)}
  try {
    await promisify(execFile)('taskset', ['-p', '-c', placement.server, String(postmaster)])
  } catch (error) {
    throw notApart('taskset does not run here', error)
  }
  return placement
}

/** The command on the clients' processors. taskset becomes the program it starts: it is still one process. */
export function placed(command: Command, placement: Placement | undefined): Command {
  if (!placement) return command
  const args = ['-c', placement.clients, command.file, ...command.args]
  return {...command, file: 'taskset', args}
}

/** Why server and clients cannot have processors of their own. */
export function notApart(reason: string, cause?: unknown): CruddurError {
  const hint = 'leave out --apart'
  return new CruddurError('BENCH_APART', `--apart: ${reason}`, {exit: 2, hint, cause})
}

function range(first: number, last: number): string {
  return first === last ? `${first}` : `${first}-${last}`
}
