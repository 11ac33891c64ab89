import {readFileSync, writeFileSync} from 'node:fs'

/** With `CRUDDUR_BUDGET=write` the tests write what they count into their tables instead of comparing it. */
export const isWriting = process.env['CRUDDUR_BUDGET'] === 'write'

const literal = (value: string | number | readonly number[]): string => {
  if (typeof value === 'string') return `'${value}'`
  return typeof value === 'number' ? String(value) : `[${value.join(', ')}]`
}

const NUMBERS = String.raw`\[[^\]]*\]|[\d_.]+`

/**
 * Writes numbers into a row of a table in a TypeScript file, where they follow what names the row.
 *
 * @param file URL of it
 * @param name the row's first properties
 * @param numbers those behind them
 */
export function writeRow(
  file: URL,
  name: Readonly<Record<string, string>>,
  numbers: Readonly<Record<string, number | readonly number[]>>,
): void {
  const first = Object.entries(name).map(([key, value]) => `${key}: ${literal(value)}`)
  const found = [...first, ...Object.keys(numbers).map((key) => `${key}: (?:${NUMBERS})`)]
  const row = {...name, ...numbers}
  const written = Object.entries(row).map(([key, value]) => `${key}: ${literal(value)}`)
  const table = readFileSync(file, 'utf8')
  const pattern = new RegExp(found.join(',\\s+'))
  if (!pattern.test(table)) throw new Error(`${file.pathname} has no row ${first.join(', ')}`)
  writeFileSync(file, table.replace(pattern, written.join(', ')))
}
