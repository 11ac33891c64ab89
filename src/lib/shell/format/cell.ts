import {widthOf} from '../../width.js'

/** A value as it is printed: its lines, each with its width in columns of a terminal. */
export interface Cell {
  lines: readonly string[]
  widths: readonly number[]
  width: number
  /** Of a value that was broken into lines: which of them go on in the next. */
  joins?: readonly boolean[]
}

const PLAIN = /^[ -~]*$/
const CONTROL = /\p{Cc}/gu
/** What can steer a terminal beside control characters: see `STEERING`. */
const INVISIBLE = /[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

const hex = (code: number, digits: number): string =>
  code.toString(16).toUpperCase().padStart(digits, '0')

/** As psql writes it (mbprint.c): `\r`, `\x1B`, `\u0085`. */
function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0
  if (character === '\r') return '\\r'
  return code < 0x80 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`
}

/** Tabs go to the next column that is a multiple of 8, counted from the value's beginning. */
function expandTabs(line: string): string {
  const [first = '', ...rest] = line.split('\t')
  const pieces = [first]
  let width = widthOf(first)
  for (const part of rest) {
    const blanks = 8 - (width % 8)
    pieces.push(' '.repeat(blanks), part)
    width += blanks + widthOf(part)
  }
  return pieces.join('')
}

function shown(line: string, harmless: boolean): string {
  if (PLAIN.test(line)) return line
  const tabs = line.split('\t').map((part) => part.replaceAll(CONTROL, escaped))
  const text = expandTabs(tabs.join('\t'))
  return harmless ? text.replaceAll(INVISIBLE, escaped) : text
}

/**
 * Lays a value out.
 *
 * @param harmless for a terminal: also what no control character is but could disturb it is escaped
 */
export function cellOf(text: string, harmless: boolean): Cell {
  const lines = text.includes('\n')
    ? text.split('\n').map((line) => shown(line, harmless))
    : [shown(text, harmless)]
  const widths = lines.map((line) => widthOf(line))
  return {lines, widths, width: widths.reduce((width, each) => Math.max(width, each), 0)}
}
