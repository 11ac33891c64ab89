import {
  appendFileSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import {dirname} from 'node:path'
import {makePrivateFolder} from './private-folder.js'
import {holdsSecret} from './secrets.js'

/** What was typed to a target, by this shell and those before it. */
export interface History {
  /** The latest first. */
  entries(): readonly string[]
  /** Keeps a statement, or a command, all its lines as one. */
  add(entry: string): void
}

/** So many entries are offered; the file and the one before it hold at most as many each, and a few of other shells. */
const LIMIT = 1000
/** A longer entry is not kept in the file. */
const LONGEST = 64 * 1024

/**
 * Reads what is kept. Each entry is one line of JSON, written by one `append`: shells that run at the same time lose nothing
 * of each other. One that holds a password is offered as long as this shell lasts, and never written.
 *
 * @param path undefined: nothing is kept
 * @param onTrouble told once why nothing can be kept
 */
export function openHistory(
  path: string | undefined,
  onTrouble: (reason: string) => void,
): History {
  let file = path
  const trouble = (error: unknown): void => {
    file = undefined
    onTrouble(error instanceof Error ? error.message : String(error))
  }
  let entries: string[] = []
  try {
    if (file !== undefined) entries = prepare(file)
  } catch (error) {
    trouble(error)
  }
  return {
    entries: () => entries,
    add(entry) {
      const text = entry.trim()
      if (text === '' || text === entries[0]) return
      entries = [text, ...entries].slice(0, LIMIT)
      if (file === undefined || text.length > LONGEST || holdsSecret(text)) return
      try {
        appendFileSync(file, `${JSON.stringify(text)}\n`, {mode: 0o600})
      } catch (error) {
        trouble(error)
      }
    },
  }
}

/** Makes sure that entries can be written, and reads those that are there. */
function prepare(file: string): string[] {
  makePrivateFolder(dirname(file))
  const lines = readLines(file)
  const older = lines.length < LIMIT ? readLines(previous(file)) : []
  if (lines.length >= LIMIT) turnOver(file)
  // That it cannot be written shows at once, not when a long statement is to be kept.
  appendFileSync(file, '', {mode: 0o600})
  return [...older, ...lines].slice(-LIMIT).reverse()
}

const previous = (file: string): string => `${file}.old`

/** A line that is no entry is passed over: a full disk may have cut it short. */
function readLines(file: string): string[] {
  if (!existsSync(file)) return []
  return readOwn(file)
    .split('\n')
    .flatMap((line) => {
      try {
        const entry: unknown = JSON.parse(line)
        return typeof entry === 'string' ? [entry] : []
      } catch {
        return []
      }
    })
}

/** What another user could write would be offered to be run; a pipe must not be waited for. */
function readOwn(file: string): string {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const {mode, uid} = fstatSync(fd)
    const own = process.getuid === undefined || process.getuid() === uid
    if (!fstatSync(fd).isFile() || !own || (mode & 0o022) !== 0)
      throw new Error(`${file} can be written by others`)
    return readFileSync(fd, 'utf8')
  } finally {
    closeSync(fd)
  }
}

/** A shell that was killed while it had the file turned over leaves this behind. */
const STALE_MS = 10_000

/** Makes the file the previous one, unless another shell is about to; a shell that appends meanwhile writes into either. */
function turnOver(file: string): void {
  const lock = `${file}.lock`
  try {
    closeSync(openSync(lock, 'wx', 0o600))
  } catch {
    const since = statSync(lock, {throwIfNoEntry: false})?.mtimeMs ?? Date.now()
    if (Date.now() - since > STALE_MS) rmSync(lock, {force: true})
    return
  }
  try {
    if (readLines(file).length >= LIMIT) renameSync(file, previous(file))
  } finally {
    rmSync(lock, {force: true})
  }
}
