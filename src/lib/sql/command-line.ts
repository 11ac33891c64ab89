import {BACKSLASH, QUOTE} from './bytes.js'

/** One of psql's own commands, as it stands in a line of a file. */
export interface CommandLine {
  /** Without the backslash. */
  name: string
  args: readonly string[]
  /** Of each argument what stands behind its last quote: all of it when it has none. */
  bare: readonly string[]
  /** Index behind it: of the line's end, of the next command's backslash, or behind a `\\`. */
  end: number
  /** An argument in backticks, which psql would run as a program of this machine. */
  runsProgram: boolean
  /** A quote that the line does not close. */
  unclosed: boolean
}

const BACKTICK = 0x60
const ESCAPES: Readonly<Record<string, string>> = {b: '\b', f: '\f', n: '\n', r: '\r', t: '\t'}

/**
 * Takes a command and its arguments apart as psql's psqlscanslash.l does (observed on 15.18): blanks
 * part arguments, a backslash ends the command, '…' takes '' and C's escapes, "…" keeps its quotes.
 *
 * @param line from the backslash to the end of the line
 */
export function readCommandLine(line: Buffer): CommandLine {
  const [name = ''] = /^[^\t-\r \\]*/.exec(line.toString('utf8', 1)) ?? []
  const command = {
    name,
    args: [] as string[],
    bare: [] as string[],
    runsProgram: false,
    unclosed: false,
  }
  let at = 1 + Buffer.byteLength(name)
  for (;;) {
    while (isBlank(line[at])) at++
    if (at >= line.length || line[at] === BACKSLASH) break
    const argument = readArgument(line, at)
    command.args.push(argument.text)
    command.bare.push(argument.bare)
    command.runsProgram ||= argument.runsProgram
    command.unclosed ||= argument.unclosed
    at = argument.end
  }
  const separator = line[at] === BACKSLASH && line[at + 1] === BACKSLASH
  return {...command, end: separator ? at + 2 : at}
}

interface Argument {
  text: string
  bare: string
  end: number
  runsProgram: boolean
  unclosed: boolean
}

function readArgument(line: Buffer, start: number): Argument {
  const argument = {text: '', bare: '', end: start, runsProgram: false, unclosed: false}
  while (argument.end < line.length) {
    const byte = line[argument.end]
    if (isBlank(byte) || byte === BACKSLASH) break
    const end = isQuote(byte) ? closing(line, argument.end) : plainEnd(line, argument.end)
    const part = line.subarray(argument.end, end)
    argument.text += byte === QUOTE ? unquoted(part) : part.toString()
    argument.bare = isQuote(byte) ? '' : part.toString()
    argument.runsProgram ||= byte === BACKTICK
    argument.unclosed ||= end > line.length
    argument.end = end
  }
  return argument
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d)
}

function isQuote(byte: number | undefined): boolean {
  return byte === QUOTE || byte === 0x22 || byte === BACKTICK
}

function plainEnd(line: Buffer, start: number): number {
  let at = start
  while (at < line.length && !isBlank(line[at]) && !isQuote(line[at]) && line[at] !== BACKSLASH)
    at++
  return at
}

/** Behind the quote that closes the one at `start`; more than the line's length when there is none. */
function closing(line: Buffer, start: number): number {
  const quote = line[start]
  for (let at = start + 1; at < line.length; at++) {
    const escaped = quote === QUOTE && (line[at] === BACKSLASH || isDoubled(line, at))
    if (escaped) at++
    else if (line[at] === quote) return at + 1
  }
  return line.length + 1
}

function isDoubled(line: Buffer, at: number): boolean {
  return line[at] === QUOTE && line[at + 1] === QUOTE
}

/** What a '…' stands for; its escapes are bytes. */
function unquoted(quoted: Buffer): string {
  const bytes = quoted
    .toString('latin1')
    .slice(1, -1)
    .replaceAll(
      /''|\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|(.))/gs,
      (match, octal?: string, hex?: string, char = '') => {
        if (match === "''") return "'"
        if (octal) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff)
        if (hex) return String.fromCharCode(Number.parseInt(hex, 16))
        return ESCAPES[char] ?? char
      },
    )
  return Buffer.from(bytes, 'latin1').toString()
}
