import type {CruddurError} from '../error.js'
import {isServerError} from '../server-error.js'
import type {SqlFile} from './file.js'
import {errorAt, placeError, sqlError} from './place.js'
import {placeAt} from './place-at.js'
import type {Statement} from './scanner.js'
import type {Text} from './text.js'
import {Window} from './window.js'

interface CopyPlace {
  file: SqlFile
  text: Text
  statement: Statement
  /** Line of the file that the rows begin in; 0 when none were read. */
  line: number
}

/** "COPY activities, line 3, column id: "x"", in any language of messages; the outermost context comes last. */
const COPY_LINE = /^COPY .+?, \P{Nd}+(\d+)(?:(?:, \S+ [^:]*)?: "(.*)")?/gmsu

/**
 * The server's error about a COPY as an error with the place of the row: its line in the file and, where
 * the value at fault stands there once, its column. An error about no row has the place of the statement.
 */
export async function placeCopyError(
  error: unknown,
  {file, text, statement, line: first}: CopyPlace,
): Promise<CruddurError> {
  const where = isServerError(error) ? (error.where ?? '') : ''
  const [, row, value] = [...where.matchAll(COPY_LINE)].at(-1) ?? []
  if (row === undefined || first === 0) return placeError(error, text, statement)
  const line = first + Number(row) - 1
  // The row itself was sent, and is in memory no more.
  const found = file.size === undefined ? undefined : await findLine(file, line)
  if (!found) return sqlError(error, {file: file.path, line})
  return errorAt(error, found.text, found.at + columnOf(found, value))
}

/** A line of the file, read anew; undefined when it has none such, or cannot be read any more. */
async function findLine(
  file: SqlFile,
  line: number,
): Promise<{text: Text; at: number} | undefined> {
  const window = new Window(file)
  try {
    for (let more = true; more; ) {
      more = await window.more()
      const text = window.text()
      const at = lineStart(text, line)
      const ended = at !== undefined && text.bytes.includes(text.lineEnding, at)
      if (at !== undefined && (ended || !more)) return {text, at}
      window.drop(window.base + (at ?? lastLine(text)))
    }
    return undefined
  } catch {
    return undefined
  } finally {
    await window.close()
  }
}

function lineStart({bytes, line: first, lineEnding}: Text, line: number): number | undefined {
  let at = 0
  for (let left = line - first; left > 0; left--) {
    const end = bytes.indexOf(lineEnding, at)
    if (end < 0) return undefined
    at = end + 1
  }
  return at
}

function lastLine({bytes, lineEnding}: Text): number {
  return bytes.lastIndexOf(lineEnding) + 1
}

/** Where in its line the value stands, if only once. */
function columnOf({text, at}: {text: Text; at: number}, value: string | undefined): number {
  if (!value) return 0
  const {lineEnd} = placeAt(text, at)
  const line = text.bytes.subarray(at, lineEnd)
  const found = line.indexOf(value)
  return found < 0 || line.includes(value, found + 1) ? 0 : found
}
