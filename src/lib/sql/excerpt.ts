import {STEERING} from '../target/text.js'
import {countCharacters, placeAt, skipCharacters} from './place-at.js'
import type {Text} from './text.js'

/** Characters of a line that are shown at most. */
const WIDTH = 120

/**
 * The line that holds offset `at` and under it a caret, both behind the line's number:
 *
 *       41 | SELECT * FROM public.userz
 *          |               ^
 *
 * A long line is cut around the caret, and one that begins or ends outside of the text there.
 */
export function excerptAt(text: Text, at: number): string {
  const {bytes} = text
  const {line, column, lineStart, lineEnd} = placeAt(text, at)
  const caret = Math.min(at, lineEnd)
  const length = countCharacters(bytes, lineStart, lineEnd)
  const before = countCharacters(bytes, lineStart, caret)
  const skipped = Math.max(0, Math.min(before - WIDTH / 2, length - WIDTH))
  const start = skipCharacters(bytes, lineStart, skipped, lineEnd)
  const end = skipCharacters(bytes, start, WIDTH, lineEnd)
  const beginsEarlier = column - 1 > countCharacters(bytes, start, at)
  const goesOn = end < lineEnd || (lineEnd === bytes.length && text.cut)
  const head = cutStart(harmless(bytes.toString('utf8', start, caret)), beginsEarlier)
  const tail = cutEnd(harmless(bytes.toString('utf8', caret, end)), goesOn)
  const number = String(line).padStart(4)
  return `${number} | ${head}${tail}\n${' '.repeat(number.length)} | ${blank(head)}^`
}

function cutStart(text: string, cut: boolean): string {
  return cut ? text.replace(/^.?/u, '…') : text
}

function cutEnd(text: string, cut: boolean): string {
  return cut ? text.replace(/.?$/u, '…') : text
}

/** Characters that a terminal draws two columns wide: Unicode's East Asian Wide ones and emoji. */
const WIDE =
  /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/gu

/** Blanks as wide as the text, so that the caret stands under its character. */
function blank(text: string): string {
  return text
    .replaceAll(/\p{Mn}/gu, '')
    .replaceAll(WIDE, '  ')
    .replaceAll(/[^\t ]/gu, ' ')
}

/** One visible character for each that could disturb a terminal, so that the caret keeps its place. */
function harmless(text: string): string {
  return text.replaceAll(STEERING, (char) => {
    const code = char.codePointAt(0) ?? 0
    if (char === '\t') return char
    if (code < 0x20) return String.fromCodePoint(0x2400 + code)
    return code === 0x7f ? '␡' : '\ufffd'
  })
}
