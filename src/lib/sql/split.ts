import {LINE_FEED, markLength, RETURN} from './bytes.js'
import {placeAt} from './place-at.js'
import type {Problem} from './problem.js'
import {commandProblem, copyProblem, unclosedProblem} from './refusals.js'
import {createScanner, finish, scan, type Unclosed} from './scan.js'
import type {Scanner, Statement, Stop} from './scanner.js'
import {firstWord, tokensOf, topWords} from './tokens.js'

/** The statements up to the end of the file, or up to the first thing that cannot be run. */
export interface Split {
  statements: Statement[]
  problem?: Problem
}

/** Cuts a file into its statements; comments and empty statements are none. */
export function splitStatements(bytes: Buffer, path: string): Split {
  const scanner = createScanner(markLength(bytes))
  const statements: Statement[] = []
  for (;;) {
    const stop = scan(scanner, bytes) ?? finish(scanner)
    if (stop === undefined) return {statements}
    const problem = takeStop(stop, bytes, scanner, path)
    if (problem) return {statements, problem}
    if (stop.kind === 'statement') statements.push(stop.statement)
  }
}

/** Prepares the scanner for what comes behind the stop, or tells why nothing can. */
function takeStop(
  stop: Stop | Unclosed,
  bytes: Buffer,
  scanner: Scanner,
  path: string,
): Problem | undefined {
  switch (stop.kind) {
    case 'unclosed':
      return unclosedProblem(stop, bytes, scanner.start)
    case 'backslash':
      if (!isRestrictLine(bytes, stop)) return commandProblem(bytes, stop.at, path)
      scanner.position = lineEnd(bytes, stop.at)
      return undefined
    case 'statement':
      return takeStatement(stop.statement, bytes, scanner, path)
  }
}

function takeStatement(
  statement: Statement,
  bytes: Buffer,
  scanner: Scanner,
  path: string,
): Problem | undefined {
  switch (firstWord(bytes, statement)) {
    case 'copy':
      return copiesFromFile(bytes, statement) ? copyProblem(statement.start, path) : undefined
    case 'set':
      followStandardStrings(scanner, bytes.toString('latin1', statement.start, statement.end))
  }
  return undefined
}

/** pg_dump (of August 2025 and later) puts its output between these lines; without psql they mean nothing. */
const RESTRICT = /^\\(?:un)?restrict [0-9A-Za-z]+\s*$/

function isRestrictLine(bytes: Buffer, {at, within}: {at: number; within: boolean}): boolean {
  const atLineStart = placeAt(bytes, at).column === 1
  return !within && atLineStart && RESTRICT.test(bytes.toString('latin1', at, lineEnd(bytes, at)))
}

/** COPY … FROM stdin; PostgreSQL's grammar takes STDOUT there too. */
function copiesFromFile(bytes: Buffer, statement: Statement): boolean {
  const words = topWords(tokensOf(bytes, statement))
  return /^std(in|out)$/.test(words[words.indexOf('from') + 1] ?? '')
}

const STANDARD_STRINGS =
  /^set\s+(?:(?:session|local)\s+)?standard_conforming_strings\s*(?:=|\bto\b)\s*'?(\w+)/i

/** What PostgreSQL reads as false: any beginning of these that is not ambiguous. */
const OFF = /^(of|off|f|fa|fal|fals|false|n|no|0)$/i

/** Old dumps turn `standard_conforming_strings` off, and '…' takes backslashes from there on. */
function followStandardStrings(scanner: Scanner, set: string): void {
  const [, value] = STANDARD_STRINGS.exec(set) ?? []
  if (value !== undefined) scanner.standardStrings = !OFF.test(value)
}

function lineEnd(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.length; at++) {
    if (bytes[at] === LINE_FEED || bytes[at] === RETURN) return at
  }
  return bytes.length
}
