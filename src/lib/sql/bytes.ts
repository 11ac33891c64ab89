/** The ASCII bytes that mean something to the scanner. */
export const LINE_FEED = 0x0a
export const RETURN = 0x0d
export const DOUBLE_QUOTE = 0x22
export const DOLLAR = 0x24
export const QUOTE = 0x27
export const OPEN = 0x28
export const CLOSE = 0x29
export const STAR = 0x2a
export const MINUS = 0x2d
export const SLASH = 0x2f
export const SEMICOLON = 0x3b
export const BACKSLASH = 0x5c

/** What a byte can begin, outside of quotes and comments; 0 is anything else. */
export const SPACE = 1
export const LETTER = 2
export const DIGIT = 3
export const SPECIAL = 4

/** Bytes to the classes above; every byte of a non-ASCII character counts as a letter, as in PostgreSQL's scan.l. */
export const CLASS: Uint8Array = classes()

function classes(): Uint8Array {
  const table = new Uint8Array(256).fill(LETTER, 0x80)
  const set = (bytes: string, kind: number) => {
    for (const byte of Buffer.from(bytes)) table[byte] = kind
  }
  set(' \t\n\r\f\v', SPACE)
  set('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_', LETTER)
  set('0123456789', DIGIT)
  set('\'"$()-/;\\', SPECIAL)
  return table
}

const IN_WORD = CLASS.map((kind, byte) =>
  Number(kind === LETTER || kind === DIGIT || byte === DOLLAR),
)

/** Index of the first byte from `index` on that no word goes on with. */
export function wordEnd(bytes: Uint8Array, index: number): number {
  let end = index
  while (end < bytes.length && IN_WORD[bytes[end] ?? 0] === 1) end++
  return end
}

const BYTE_ORDER_MARK = Buffer.from('\ufeff')

/** Length of the byte order mark the file begins with: 3 or 0. */
export function markLength(bytes: Buffer): number {
  return startsWith(bytes, BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0
}

export function startsWith(bytes: Buffer, beginning: Buffer): boolean {
  return bytes.subarray(0, beginning.length).equals(beginning)
}
