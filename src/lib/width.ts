import stringWidth from 'string-width'

const PIECE = 1000
/** What belongs to the character before it, or holds the next one: marks, joiners, variation selectors, skin tones. */
const JOINED = /^[\p{M}\p{Cf}\p{Emoji_Modifier}\p{Regional_Indicator}\p{Cs}]/u

/** Whether it is the second half of a character, outside of the Basic Multilingual Plane. */
function isLow(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code >= 0xdc00 && code <= 0xdfff
}

/** Where a text can be cut near `at` without breaking what is one character on a screen; such a thing is short. */
function breakNear(text: string, at: number): number {
  for (let to = at; to < at + 50 && to < text.length; to++) {
    const joined =
      isLow(text, to) || text[to - 1] === '\u200d' || JOINED.test(text.slice(to, to + 2))
    if (!joined) return to
  }
  // So many that belong together are no character of any language: then it is only not to be half of one.
  return isLow(text, at) ? at + 1 : at
}

/**
 * The columns a text takes on a terminal. string-width is loaded where one is not plain ASCII (it has Node read ICU's tables,
 * 10 ms), and given pieces: Node 20 takes seconds to find the characters of 100 000, and four times as long for twice as many.
 */
export function widthOf(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length
  let width = 0
  for (let from = 0; from < text.length; ) {
    const to = breakNear(text, Math.min(text.length, from + PIECE))
    width += stringWidth(text.slice(from, to))
    from = to
  }
  return width
}
