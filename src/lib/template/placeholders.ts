import {DOUBLE_QUOTE} from '../sql/bytes.js'
import {readComment, readCommentSlash, readCommentStar, readLine} from '../sql/read-comment.js'
import {readDollar, readEscaped, readQuoted} from '../sql/read-quoted.js'
import {createScanner, finish, scan, type Unclosed} from '../sql/scan.js'
import type {Scanner, Statement, Stop} from '../sql/scanner.js'
import type {Piece} from './template.js'

/** Why a template cannot be used, at an offset in its bytes. */
export interface Fault {
  at: number
  message: string
  hint: string
}

/** What was found in a template's bytes, wrong or not. */
export interface Found {
  statements: readonly Statement[]
  /** Placeholders, and of each `%%` the sign that is left out; by offset. */
  marks: readonly Mark[]
  faults: readonly Fault[]
  unclosed: Unclosed | undefined
  /** The same bytes, with a number in the place of each placeholder. */
  masked: Buffer
}

export type Mark = Required<Piece> | {start: number; end: number; name?: never}

const PERCENT = 0x25
const ZERO = 0x30
const SPACE = 0x20

/** Names that a command line and a property of an object can have without quotes. */
const PLACEHOLDER = /^%\(([A-Za-z_]\w*)\)s/
/** How far a placeholder is looked for: PostgreSQL's own names end at 63 bytes. */
const LONGEST = 200

const COMMENTS = new Set([readLine, readComment, readCommentStar, readCommentSlash])

type Where = 'sql' | 'comment' | 'string' | 'name' | 'dollar quote'

function whereIs({read, quote}: Scanner): Where {
  if (COMMENTS.has(read)) return 'comment'
  if (read === readDollar) return 'dollar quote'
  if (read !== readQuoted && read !== readEscaped) return 'sql'
  return quote === DOUBLE_QUOTE ? 'name' : 'string'
}

/**
 * Finds psycopg's placeholders: `%(name)s`, and `%%` for a percent sign, also in quotes. Other than psycopg, which
 * knows nothing of SQL, it leaves comments alone and says where a placeholder would stand in quotes.
 *
 * @param bytes valid UTF-8 without a byte order mark
 */
export function findPlaceholders(bytes: Buffer): Found {
  const masked = Buffer.from(bytes)
  const scanner = createScanner()
  const statements: Statement[] = []
  const faults: Fault[] = []
  const marks: Mark[] = []
  const take = (stop: Stop | undefined): boolean => {
    if (stop?.kind === 'statement') statements.push(stop.statement)
    if (stop?.kind === 'backslash') faults.push(backslash(stop.at))
    return stop !== undefined
  }
  for (let at = bytes.indexOf(PERCENT); at >= 0; ) {
    while (take(scan(scanner, masked.subarray(0, at))));
    const found = readMark(bytes, at, whereIs(scanner))
    if (found && 'message' in found) faults.push(found)
    else if (found) marks.push(found)
    // Where there are two signs the second one stays; a placeholder is a number to whoever reads on.
    if (found && 'name' in found) masked.fill(ZERO, at, found.end).fill(SPACE, at, at + 1)
    at = bytes.indexOf(PERCENT, found && !('message' in found) ? afterMark(found) : at + 1)
  }
  while (take(scan(scanner, masked)));
  const end = finish(scanner)
  if (end?.kind !== 'unclosed') take(end)
  const unclosed = end?.kind === 'unclosed' ? end : undefined
  return {statements, marks, faults, unclosed, masked}
}

function afterMark({start, end, name}: Mark): number {
  return name === undefined ? start + 2 : end
}

/** What a `%` is; nothing in a comment. */
function readMark(bytes: Buffer, at: number, where: Where): Mark | Fault | undefined {
  if (where === 'comment') return undefined
  if (bytes[at + 1] === PERCENT) return {start: at, end: at + 1}
  const [whole, name] = PLACEHOLDER.exec(bytes.toString('latin1', at, at + LONGEST)) ?? []
  if (whole === undefined || name === undefined) return unknown(bytes, at)
  if (where === 'sql') return {start: at, end: at + whole.length, name}
  return {
    at,
    message: `the parameter "${name}" stands inside of a ${where}, where it would be no parameter`,
    hint:
      where === 'string'
        ? 'take the quotes away: a value needs none'
        : 'take it out: only a value can be a parameter',
  }
}

function unknown(bytes: Buffer, at: number): Fault {
  const next = bytes.toString('latin1', at + 1, at + 2)
  const isPlaceholder = next === '(' || /[sbt]/.test(next)
  return {
    at,
    message: isPlaceholder
      ? 'this is not how a parameter is written'
      : 'a % has to be doubled in a template',
    hint: isPlaceholder ? 'write %(name)s, or %% for a percent sign' : 'write %%',
  }
}

function backslash(at: number): Fault {
  return {
    at,
    message: 'psql commands have no meaning in a template',
    hint: 'take the backslash away',
  }
}
