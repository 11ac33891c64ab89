import {CruddurError, reworded} from '../error.js'
import {foundFit, type Script} from '../sql/script.js'
import type {Part} from './migration.js'

/**
 * A part as a script for `runScript`: read to its end, to see whether it can be run. Nothing is sent.
 *
 * @throws CruddurError with its place in the file, what `readScript` finds, and SQL_UNSUPPORTED for `\i` and `\ir`: what they
 *   include would change without the migration's checksum; the signal's reason
 */
export async function scriptOf(
  part: Part,
  options: {database: string; cwd: string; signal?: AbortSignal | undefined},
): Promise<Script> {
  const {database, cwd, signal} = options
  const {file, transaction} = part
  const script = {files: [file], transaction, database, cwd, included: new Map(), includes: false}
  return await foundFit(script, signal).catch((error: unknown) => {
    throw inPart(error, part)
  })
}

/** The error of a file, with a cure that fits a part of a migration. */
export function inPart(error: unknown, part: Part): unknown {
  if (!(error instanceof CruddurError)) return error
  const hint = cureIn(error, part)
  return hint === undefined ? error : reworded(error, {hint})
}

function cureIn(
  {code, details: {hint = ''}}: CruddurError,
  {endedBy, transaction}: Part,
): string | undefined {
  if (code === 'SQL_UNTERMINATED' && endedBy !== undefined) {
    return `${hint}; the part ends at the marker in line ${endedBy}, also where that stands in a string or a comment`
  }
  // As a whole the file would run both parts.
  if (hint.startsWith('load it with psql')) return 'write it in SQL'
  if (!hint.includes('--no-transaction')) return undefined
  if (!transaction) return 'take it out of the transaction, or the function, that it is in'
  return hint.replace(
    'run the file with --no-transaction',
    'put transaction:false behind the marker of this part',
  )
}
