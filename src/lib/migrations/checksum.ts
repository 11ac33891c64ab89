import {createHash} from 'node:crypto'

/** Bytes that a line, or the blank lines at the end, may end with: `\t \n \v \f \r` and the blank. */
function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d)
}

/**
 * SHA-256 of an up part, in hexadecimal: the same whether its lines end with LF or CRLF (git may change that at a checkout),
 * and whatever blanks stand behind its last line.
 *
 * @param text the part, from behind its marker's line to the next marker or the end of the file
 */
export function checksumOf(text: Buffer): string {
  let end = text.length
  while (isBlank(text[end - 1])) end--
  const hash = createHash('sha256')
  let from = 0
  for (let at = text.indexOf('\r\n'); at >= 0 && at < end; at = text.indexOf('\r\n', at + 1)) {
    hash.update(text.subarray(from, at))
    from = at + 1
  }
  return hash.update(text.subarray(from, end)).digest('hex')
}
