import {CruddurError} from '../error.js'
import type {Shell} from './shell-state.js'

/** What ends the rows of a COPY. */
const MARKERS = ['\\.', '\\.\r']

const PROMPT = '>> '

/** Rows that are sent together, in bytes. */
const BATCH = 64 * 1024

const HELP = 'the rows now, one in each line; a line with \\. alone ends them, or Ctrl-D'

/**
 * The rows of a COPY … FROM STDIN, which follow it where it came from.
 *
 * @throws CruddurError INTERRUPTED for Ctrl-C
 */
export async function* copyRows(shell: Shell): AsyncGenerator<Buffer> {
  const source = shell.sources.at(-1)?.lines
  if (!source) return
  if (source.path === '') shell.tell(HELP)
  let batch: Buffer[] = []
  let bytes = 0
  for (;;) {
    const line = await source.next(PROMPT, 'row')
    if (line === 'interrupt') {
      shell.interrupted = true
      throw new CruddurError('INTERRUPTED', 'cancelled by the user', {exit: 130})
    }
    if (line === undefined || isMarker(line)) break
    batch.push(line, Buffer.from('\n'))
    bytes += line.length + 1
    if (bytes < BATCH) continue
    yield Buffer.concat(batch)
    batch = []
    bytes = 0
  }
  if (batch.length > 0) yield Buffer.concat(batch)
}

function isMarker(line: Buffer): boolean {
  return line.length <= 3 && MARKERS.includes(line.toString('latin1'))
}
