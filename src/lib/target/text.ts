/** Control characters, invisible and direction-changing ones, line separators, halves of surrogate pairs. */
export const STEERING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16)
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`
}

/** As a shell reads it between `$'` and `'`. */
function shellEscape(character: string): string {
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16)
  if (code < 0x80) return `\\x${hex.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}

/** A text as one word of a shell command, for a hint that can be pasted: what a terminal would not show is escaped in it. */
export function shellWord(text: string): string {
  if (text.search(STEERING) >= 0) {
    return `$'${text.replace(/['\\]/g, '\\$&').replace(STEERING, shellEscape)}'`
  }
  return /^[\w./@%+:,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** Untrusted text for one line of a terminal: what could steer it is shown as `\x1b`, `\u202e`. */
export function printable(text: string): string {
  return text.replace(STEERING, escaped)
}
