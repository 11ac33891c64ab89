import type {ChildProcess} from 'node:child_process'
import {constants} from 'node:os'
import {setTimeout as sleep} from 'node:timers/promises'
import {stripVTControlCharacters} from 'node:util'
import type {ProgramResult} from './program.js'

/** The signals that end a command: Ctrl-C, `kill`, a closed terminal; and what a shell shows then. */
export const SIGNALS = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const satisfies readonly (readonly [NodeJS.Signals, number])[]

interface Sent {
  signal: NodeJS.Signals
  /** The exit code it leads to. */
  exit: number
}

/** Moments with a signal each, in turn, where one of them will do: what they do differs only at the very end. */
export function inTurn<T extends {what: string}>(moments: readonly T[]): (T & Sent)[] {
  return moments.map((moment, at) => {
    const [signal, exit] = SIGNALS[at % 3] ?? SIGNALS[0]
    return {...moment, signal, exit}
  })
}

export interface Interrupted {
  /** As a shell shows it: 128 and the signal's number for a program that a signal has ended. */
  exit: number | null
  stdout: string
  stderr: string
  /** From the (last) signal to the end. */
  seconds: number
}

/** In seconds: the promise is 2, and a busy machine gets as much again. */
export const AT_ONCE = 4

interface Run {
  child: ChildProcess
  result: Promise<ProgramResult>
}

/** Longer than this nobody waits: the program is killed, and `exit` is null. */
const PATIENCE_MS = 12_000

/**
 * Sends a signal to a running program and waits for its end.
 *
 * @param options.again milliseconds until it is sent a second time
 * @param options.group the whole process group gets it, as from a terminal; the program was started as its leader
 */
export async function interrupt(
  {child, result}: Run,
  signal: NodeJS.Signals,
  {again, group = false}: {again?: number; group?: boolean} = {},
): Promise<Interrupted> {
  const send = (): void => {
    if (group) process.kill(-(child.pid ?? 0), signal)
    else child.kill(signal)
  }
  send()
  if (again !== undefined) {
    await sleep(again)
    send()
  }
  const started = performance.now()
  const patience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  const {code, stdout, stderr} = await result
  clearTimeout(patience)
  const by = child.signalCode
  const exit = by === null ? code : by === 'SIGKILL' ? null : 128 + constants.signals[by]
  const seconds = (performance.now() - started) / 1000
  return {exit, stdout, stderr: stripVTControlCharacters(stderr), seconds}
}
