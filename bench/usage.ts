// What processes take, as /proc tells it; on a system without it, nothing is known.
import {readFileSync} from 'node:fs'

export interface Usage {
  /** Processor time of the process itself, user and system. */
  cpuSeconds: number | null
  /** The most memory it held, in MB of 1 000 000 bytes. */
  peakMb: number | null
}

const TICKS_PER_SECOND = 100

/** Between two readings lies a twentieth of the time since the start, but never less or more than this. */
const SHORTEST_MS = 5
const LONGEST_MS = 20

/**
 * Reads a process's account of itself again and again; what it says last is not seen.
 *
 * @returns ends that, and returns the last reading
 */
export function watchUsage(pid: number | undefined): () => Usage {
  let usage: Usage = {cpuSeconds: null, peakMb: null}
  const started = performance.now()
  const soon = () => {
    const wait = (performance.now() - started) / 20
    return setTimeout(look, Math.min(Math.max(wait, SHORTEST_MS), LONGEST_MS))
  }
  const look = () => {
    usage = readUsage(pid) ?? usage
    timer = soon()
  }
  let timer = soon()
  return () => {
    clearTimeout(timer)
    return usage
  }
}

/**
 * The processor time of all our children that have ended, and of theirs: cutime and cstime, fields 16 and 17. A short
 * run says too little about itself while it lasts.
 */
export function childrenSeconds(): number | null {
  try {
    return secondsIn(readFileSync('/proc/self/stat', 'utf8'), 16)
  } catch {
    return null
  }
}

/** undefined: it has ended. */
function readUsage(pid: number | undefined): Usage | undefined {
  try {
    const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    if (peak === undefined) return undefined
    const cpuSeconds = secondsIn(readFileSync(`/proc/${pid}/stat`, 'utf8'), 14)
    return {cpuSeconds, peakMb: (Number(peak) * 1024) / 1e6}
  } catch {
    return undefined
  }
}

/** Two neighbouring fields of proc_pid_stat(5), user and system; field 2, the name, may hold blanks. */
function secondsIn(stat: string, first: number): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[first - 3]) + Number(fields[first - 2])) / TICKS_PER_SECOND
}
