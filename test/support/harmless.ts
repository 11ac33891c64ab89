/** Line breaks and tabs part what is shown; all else of this kind moves the cursor, hides or turns round what is read. */
const STEERING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** What of an output could steer a terminal or deceive its reader, and stack traces; colours are none of a pipe's. */
export function harm(output: string): string[] {
  const steering = output.match(STEERING)?.filter((found) => found !== '\n' && found !== '\t') ?? []
  const traces = output.match(/^\s+at .*:\d+.*/gm) ?? []
  return [...new Set([...steering.map((found) => JSON.stringify(found)), ...traces])]
}
