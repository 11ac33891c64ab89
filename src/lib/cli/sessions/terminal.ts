import {emitKeypressEvents, type Key as RawKey} from 'node:readline'
import type {Size} from './frame.js'
import type {Key} from './keys.js'

type Input = Pick<NodeJS.ReadStream, 'isTTY' | 'off' | 'on' | 'pause' | 'resume' | 'setRawMode'> &
  NodeJS.ReadableStream
type Output = Pick<NodeJS.WriteStream, 'columns' | 'isTTY' | 'off' | 'on' | 'rows' | 'write'>

/** The terminal while a live view has it. */
export interface LiveTerminal {
  size: () => Size
  /** Shows these lines, from the first row on; only those that are others than before are written. */
  draw: (lines: readonly string[]) => void
  /** Gives the terminal back as it was, until `resume`. */
  suspend: () => void
  resume: () => void
  /** Gives it back for good; may be called twice. */
  close: () => void
}

export interface LiveOptions {
  onKey: (key: Key) => void
  /** All has to be drawn anew: the size is another one, or the terminal was somebody else's. */
  onResize: () => void
  /** The terminal has gone. */
  onGone: () => void
  input?: Input
  output?: Output
}

/** The other screen, so that what was there before comes back; no cursor; lines that are too long are cut off. */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l'
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l'

const FALLBACK: Size = {columns: 80, rows: 24}

/** A process that no shell can wake is not stopped by SIGTSTP: then the view goes on after this. */
const NOT_STOPPED_MS = 200

/** Of the lines those that have changed, each at its place; erased first, as behind a full line nothing could be. */
function changes(before: readonly string[] | undefined, lines: readonly string[]): string {
  const known = before?.length === lines.length ? before : undefined
  const changed = lines.flatMap((line, at) =>
    known?.[at] === line ? [] : [`\x1b[${at + 1};1H\x1b[2K${line}`],
  )
  return (known ? '' : '\x1b[2J') + changed.join('')
}

/**
 * Takes the terminal: the alternate screen, and keys as they are pressed. It is given back however the process ends, but by
 * SIGKILL; Ctrl-Z gives it back until the process goes on.
 */
export function openLiveTerminal(options: LiveOptions): LiveTerminal {
  const {input = process.stdin, onGone, onKey, onResize, output = process.stdout} = options
  let state: 'ours' | 'lent' | 'stopped' | 'closed' = 'lent'
  let shown: readonly string[] | undefined

  const onKeypress = (text: string | undefined, {ctrl = false, name, sequence}: RawKey): void => {
    if (ctrl && name === 'z') process.kill(0, 'SIGTSTP')
    else onKey({ctrl, name: name ?? text ?? sequence ?? ''})
  }
  const take = (): void => {
    state = 'ours'
    shown = undefined
    process.on('SIGTSTP', stop)
    input.setRawMode(true)
    input.on('keypress', onKeypress)
    input.resume()
    output.write(ENTER)
    onResize()
  }
  const give = (next: typeof state): void => {
    if (state === 'ours') {
      process.off('SIGTSTP', stop)
      output.write(LEAVE)
      input.off('keypress', onKeypress)
      input.pause()
      input.setRawMode(false)
    }
    state = next
  }
  const stop = (): void => {
    give('stopped')
    process.kill(process.pid, 'SIGTSTP')
    setTimeout(() => state === 'stopped' && goOn(), NOT_STOPPED_MS)
  }
  // Whoever had the terminal meanwhile may have set it otherwise, also where SIGSTOP left us no time to give it back.
  const goOn = (): void => {
    if (state !== 'stopped' && state !== 'ours') return
    give('stopped')
    take()
  }
  const onContinue = (): void => goOn()
  const resized = (): void => {
    shown = undefined
    onResize()
  }
  const close = (): void => {
    give('closed')
    output.off('resize', resized)
    input.off('end', onGone)
    process.off('SIGCONT', onContinue)
    process.off('exit', close)
  }

  emitKeypressEvents(input)
  // Stays: a terminal that is gone cannot be given back either.
  input.on('error', onGone)
  input.on('end', onGone)
  output.on('resize', resized)
  process.on('SIGCONT', onContinue)
  // Comes before Node shows an error that nobody has caught.
  process.on('exit', close)
  take()
  return {
    size: () => ({
      columns: output.columns || FALLBACK.columns,
      rows: output.rows || FALLBACK.rows,
    }),
    draw(lines) {
      if (state !== 'ours') return
      const text = changes(shown, lines)
      if (text) output.write(text)
      shown = lines
    },
    suspend: () => give('lent'),
    resume: () => {
      if (state === 'lent') take()
    },
    close,
  }
}
