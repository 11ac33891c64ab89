/** Puts words into the braces of a text; a brace with another word stays. */
export function fill(text: string, words: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (brace, word: string) => words[word] ?? brace)
}

/** Whether a text is the pattern, in which `…` is anything in a line and a line with `⋮` alone any lines. */
export function fits(text: string, pattern: string): boolean {
  const source = pattern
    .replaceAll(/[.*+?^$()|[\]{}\\]/g, '\\$&')
    .replaceAll('⋮\n', '(?:.*\\n)*')
    .replaceAll('…', '.*')
  return new RegExp(`^${source}$`).test(text)
}
