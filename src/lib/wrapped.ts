import {widthOf} from './width.js'

/** Fewer columns than this are no width to write in. */
const NARROWEST = 10

/** A word in pieces that fit. */
function pieces(word: string, width: number): string[] {
  if (widthOf(word) <= width) return [word]
  const found: string[] = []
  let piece = ''
  for (const character of word) {
    if (widthOf(piece + character) > width) {
      found.push(piece)
      piece = ''
    }
    piece += character
  }
  return [...found, piece]
}

export interface WrapOptions {
  /** A word that is too long stays whole, so that it can be copied. */
  whole?: boolean
  /** Blanks before each line but the first. */
  hang?: number
}

/**
 * A text in lines that fit, broken between words, and inside of words that are too long by themselves. Blanks between words
 * stay as they are, but for those at a break.
 *
 * @param width in columns of a terminal; Infinity leaves it in one line
 */
export function wrapped(
  text: string,
  width: number,
  {hang = 0, whole = false}: WrapOptions = {},
): string[] {
  const lines: string[] = []
  const roomOf = (at: number): number => Math.max(at === 0 ? width : width - hang, NARROWEST)
  let line = ''
  for (const [, gap = '', word = ''] of text.matchAll(/( *)([^ ]+)/g)) {
    if (widthOf(line + gap + word) <= roomOf(lines.length)) {
      line += gap + word
      continue
    }
    if (line !== '') lines.push(line)
    const parts = whole ? [word] : pieces(word, roomOf(lines.length))
    lines.push(...parts.slice(0, -1))
    line = parts.at(-1) ?? ''
  }
  const [first = '', ...others] = [...lines, line]
  return [first, ...others.map((other) => ' '.repeat(hang) + other)]
}

const MOST_NAMES = 12

/**
 * `48 tables: activities, users, …`: as many names as fit into one line.
 *
 * @param count of all, of which `names` may be the first only
 */
export function listed(names: readonly string[], count: number, width: number): string {
  const head = `${count} ${count === 1 ? 'table' : 'tables'}: `
  for (let shown = Math.min(names.length, MOST_NAMES); shown > 0; shown--) {
    const text = head + names.slice(0, shown).join(', ') + (shown < count ? ', …' : '')
    if (widthOf(text) <= width) return text
  }
  return head.slice(0, -2)
}
