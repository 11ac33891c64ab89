/** How far a setup says it has come when it fails. */
export const STEPS = {
  create: '✖ create\n',
  schema: '✔ create … ms\n✖ schema\n',
  seed: '✔ create … ms\n✔ schema … ms\n✖ seed\n',
  swap: '✔ create … ms\n✔ schema … ms\n✔ seed … ms\n✖ swap\n',
  unseededSwap: '✔ create … ms\n✔ schema … ms\n✖ swap\n',
}

/**
 * An error in `s.sql`.
 *
 * @param source the line as it is shown, with the place of the error: `SELECT ^1/0;` for column 8
 * @param notes lines behind it
 */
export function inFile(line: number, message: string, source: string, ...notes: string[]): string {
  const column = [...source].indexOf('^') + 1
  const shown = source.replace('^', '')
  return `Error: s.sql:${line}:${column}: ${message}
${String(line).padStart(4)} | ${shown}
     | ${' '.repeat(column - 1)}^
${notes.map((note) => `  ${note}\n`).join('')}`
}
