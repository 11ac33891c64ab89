import type {CruddurError} from '../error.js'
import type {SqlFile} from '../sql/file.js'
import {type Problem, problemError} from '../sql/problem.js'
import {unclosedError} from '../sql/refusals.js'
import type {Statement} from '../sql/scanner.js'
import type {Text} from '../sql/text.js'
import {tokensOf} from '../sql/tokens.js'
import {Window} from '../sql/window.js'
import {type Found, findPlaceholders, type Mark} from './placeholders.js'
import {shapeOf} from './shape.js'
import type {Piece, Template} from './template.js'

/**
 * Reads a template: one statement, with `%(name)s` where a value is to be bound and `%%` for a percent sign. What stands in
 * comments is nobody's parameter.
 *
 * @throws CruddurError with its place in the file: TEMPLATE_INVALID (no statement, several, a parameter in quotes or written
 *   otherwise, a lone `%`, COPY of STDIN or STDOUT), SQL_ENCODING, SQL_UNTERMINATED; FILE_CHANGED and the like
 */
export async function readTemplate(file: SqlFile, signal?: AbortSignal): Promise<Template> {
  const window = new Window(file, {signal})
  try {
    while (await window.more());
    const text = window.text()
    const found = findPlaceholders(text.bytes)
    const [fault] = found.faults
    if (fault && fault.at < (found.unclosed?.at ?? Number.POSITIVE_INFINITY))
      throw invalid(fault, text)
    if (found.unclosed) {
      // Offsets of the window count from the file's first byte, a byte order mark among them.
      const unclosed = {...found.unclosed, at: found.unclosed.at + window.base}
      throw unclosedError(unclosed, -1, window)
    }
    return compile(text, found)
  } finally {
    await window.close()
  }
}

function compile(text: Text, {marks, masked, statements}: Found): Template {
  const statement = onlyStatement(statements, text)
  checkCopy(masked, statement, text)
  const pieces = piecesOf(statement, marks)
  const names = pieces.flatMap(({name}) => name ?? [])
  return {
    text,
    statement,
    pieces,
    parameters: [...new Set(names)],
    shape: shapeOf(masked, statement),
  }
}

function onlyStatement([statement, second]: readonly Statement[], text: Text): Statement {
  if (second) {
    throw invalid(
      {
        at: second.start,
        message: 'a template is one statement, and here a second one begins',
        hint: 'put it into a file of its own',
      },
      text,
    )
  }
  if (statement) return statement
  throw invalid({at: 0, message: 'there is no statement in it', hint: 'write one'}, text)
}

/** Its rows come beside the answer, or would be waited for: they would be lost in silence. */
function checkCopy(bytes: Buffer, statement: Statement, text: Text): void {
  const [first, ...words] = tokensOf(bytes, statement)
  const stream = words.find((word) => word.text === 'stdin' || word.text === 'stdout')
  if (first?.text !== 'copy' || !stream) return
  throw invalid(
    {
      at: stream.at,
      message: `a template cannot copy from or to ${stream.text}`,
      hint: 'write SELECT or INSERT, or run it in cruddur-db connect',
    },
    text,
  )
}

/** The statement without the marks, and they themselves where they are placeholders. */
function piecesOf({start, end}: Statement, marks: readonly Mark[]): Piece[] {
  const pieces: Piece[] = []
  let from = start
  for (const mark of marks) {
    if (mark.start < start || mark.start >= end) continue
    if (mark.start > from) pieces.push({start: from, end: mark.start})
    if (mark.name !== undefined) pieces.push(mark)
    from = mark.end
  }
  if (from < end) pieces.push({start: from, end})
  return pieces
}

function invalid(problem: Omit<Problem, 'code'>, text: Text): CruddurError {
  return problemError({...problem, code: 'TEMPLATE_INVALID'}, text)
}
