import {countCharacters, placeAt, skipCharacters} from './place-at.js'

/** Characters of a line that are shown at most. */
const WIDTH = 120

/** Control characters, line separators and those that turn the direction of writing. */
const HARMFUL = /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu

/**
 * The line that holds offset `at` and under it a caret, both behind the line's number:
 *
 *       41 | SELECT * FROM public.userz
 *          |               ^
 *
 * A long line is cut around the caret.
 */
export function excerptAt(bytes: Buffer, at: number): string {
  const {line, lineStart, lineEnd} = placeAt(bytes, at)
  const caret = Math.min(at, lineEnd)
  const length = countCharacters(bytes, lineStart, lineEnd)
  const before = countCharacters(bytes, lineStart, caret)
  const skipped = Math.max(0, Math.min(before - WIDTH / 2, length - WIDTH))
  const start = skipCharacters(bytes, lineStart, skipped, lineEnd)
  const end = skipCharacters(bytes, start, WIDTH, lineEnd)
  const head = cutStart(harmless(bytes.toString('utf8', start, caret)), start > lineStart)
  const tail = cutEnd(harmless(bytes.toString('utf8', caret, end)), end < lineEnd)
  const number = String(line).padStart(4)
  return `${number} | ${head}${tail}\n${' '.repeat(number.length)} | ${head.replaceAll(/[^\t]/gu, ' ')}^`
}

function cutStart(text: string, cut: boolean): string {
  return cut ? text.replace(/^./u, '…') : text
}

function cutEnd(text: string, cut: boolean): string {
  return cut ? text.replace(/.$/u, '…') : text
}

/** One visible character for each that could disturb a terminal, so that the caret keeps its place. */
function harmless(text: string): string {
  return text.replaceAll(HARMFUL, (char) => {
    const code = char.codePointAt(0) ?? 0
    if (char === '\t') return char
    if (code < 0x20) return String.fromCodePoint(0x2400 + code)
    return code === 0x7f ? '␡' : '\ufffd'
  })
}
