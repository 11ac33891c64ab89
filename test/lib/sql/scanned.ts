import {createScanner, finish, scan, type Unclosed} from '../../../src/lib/sql/scan.js'
import type {Stop} from '../../../src/lib/sql/scanner.js'

/** Every stop of the scanner in a file that it is fed in chunks of this size. */
export function stopsOf(bytes: Buffer, chunkSize: number): (Stop | Unclosed)[] {
  const scanner = createScanner()
  const stops: (Stop | Unclosed)[] = []
  for (let base = 0; base < bytes.length; base += chunkSize) {
    const chunk = bytes.subarray(base, base + chunkSize)
    for (let stop = scan(scanner, chunk, base); stop; stop = scan(scanner, chunk, base)) {
      stops.push(stop)
    }
  }
  const last = finish(scanner)
  return last ? [...stops, last] : stops
}

/** A file taken apart: `gaps` stand before the statements, `rest` behind the last one. */
export interface Pieces {
  statements: string[]
  gaps: string[]
  rest: string
  unclosed: boolean
}

export function piecesOf(text: string, chunkSize = 64 * 1024): Pieces {
  const bytes = Buffer.from(text)
  const pieces: Pieces = {statements: [], gaps: [], rest: '', unclosed: false}
  let from = 0
  for (const stop of stopsOf(bytes, chunkSize)) {
    if (stop.kind === 'unclosed') pieces.unclosed = true
    if (stop.kind !== 'statement') continue
    const {start, end} = stop.statement
    pieces.gaps.push(bytes.toString('utf8', from, start))
    pieces.statements.push(bytes.toString('utf8', start, end))
    from = end
  }
  pieces.rest = bytes.toString('utf8', from)
  return pieces
}

/** Whether a text is but blanks, comments and semicolons: read without the scanner. */
export function isGap(text: string): boolean {
  const left = text.replace(/^(?:[ \t\n\r\f;]|--[^\n\r]*)+/, '')
  if (left === '') return true
  const end = left.startsWith('/*') ? commentEnd(left) : -1
  return end > 0 && isGap(left.slice(end))
}

/** Behind the block comment that a text begins with; -1 when it is not closed. */
function commentEnd(text: string): number {
  let depth = 0
  for (const {0: sign, index} of text.matchAll(/\/\*|\*\//g)) {
    depth += sign === '/*' ? 1 : -1
    if (depth === 0) return index + 2
  }
  return -1
}

/**
 * How the queries that psql sent for a file differ from the statements found in it; undefined when
 * they are the same, byte for byte. psql leaves out blank lines and what stands before a statement,
 * other than block comments, and it sends what is unclosed.
 */
export function difference(text: string, queries: readonly string[]): string | undefined {
  const {statements, rest, unclosed} = piecesOf(text)
  const sent = queries.filter(holdsStatement)
  const count = statements.length + Number(unclosed)
  if (sent.length !== count) return `psql sends ${sent.length} statements, not ${count}`
  for (const [index, statement] of statements.entries()) {
    const query = sent[index] ?? ''
    if (!isSentAs(statement, query)) return `psql sends ${query}\nnot ${statement}`
  }
  const last = sent.at(-1) ?? ''
  return unclosed && !isLeft(rest, last) ? `psql sends at the end ${last}\nnot ${rest}` : undefined
}

function holdsStatement(query: string): boolean {
  const {statements, unclosed} = piecesOf(query)
  return unclosed || statements.length > 0
}

export function isSentAs(statement: string, query: string): boolean {
  const [wanted, whole] = [withoutBlankLines(statement), withoutBlankLines(query)]
  return [whole, whole.replace(/;$/, '')].some((sent) => {
    const bare = withoutBlankLines(sent)
    return bare.endsWith(wanted) && isGap(bare.slice(0, bare.length - wanted.length))
  })
}

function isLeft(rest: string, query: string): boolean {
  const [left, sent] = [withoutBlankLines(rest), withoutBlankLines(query)]
  return left.endsWith(sent) && isGap(left.slice(0, left.length - sent.length))
}

function withoutBlankLines(text: string): string {
  return text.replaceAll(/\n+/g, '\n').replace(/[ \t\n\r\f]+$/, '')
}
