/** How far a setup says it has come when it fails. */
export const STEPS = {
  create: '✖ create\n',
  schema: '✔ create … ms\n✖ schema\n',
  seed: '✔ create … ms\n✔ schema … ms\n✖ seed\n',
  swap: '✔ create … ms\n✔ schema … ms\n✔ seed … ms\n✔ migrate … ms\n✖ swap\n',
  unseededSwap: '✔ create … ms\n✔ schema … ms\n✖ swap\n',
}

/** An error in `s.sql`. */
export const inFile = errorIn('s.sql')

type ErrorAt = (line: number, message: string, source: string, ...notes: string[]) => string

/**
 * What makes an error in a file: of its line, the message, the line as it is shown, with the place of the error (`SELECT ^1/0;`
 * for column 8), and lines behind it.
 */
export function errorIn(file: string): ErrorAt {
  return (line, message, source, ...notes) => {
    const column = [...source].indexOf('^') + 1
    const shown = source.replace('^', '')
    return `Error: ${file}:${line}:${column}: ${message}
${String(line).padStart(4)} | ${shown}
     | ${' '.repeat(column - 1)}^
${notes.map((note) => `  ${note}\n`).join('')}`
  }
}
