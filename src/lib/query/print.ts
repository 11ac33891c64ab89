import {tablePrinter} from '../shell/format/table.js'
import {printable, STEERING} from '../target/text.js'
import {type Answer, type Question, statementOf} from './run.js'

/** What could steer a terminal, in the way JSON has for it: the same value. */
function harmlessJson(json: string): string {
  return json.replace(STEERING, (character) => {
    if (character === '\n') return character
    const units = Array.from({length: character.length}, (_, at) => character.charCodeAt(at))
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
  })
}

/** The rows of a statement that could not be wrapped, by the names of their columns; every value as text. */
function objectsOf({columns, rows}: Answer): string[] {
  return rows.map((row) =>
    JSON.stringify(Object.fromEntries(columns.map(({name}, at) => [name, row[at] ?? null]))),
  )
}

/**
 * An array, or one object, as a JSON document: that of the server, of which no number is converted.
 *
 * @param wrapped the server has written JSON
 */
export function jsonOf(answer: Answer, as: 'array' | 'object', wrapped: boolean): string {
  if (wrapped) return harmlessJson(answer.rows[0]?.[0] ?? (as === 'array' ? '[]' : '{}'))
  const objects = objectsOf(answer)
  return harmlessJson(as === 'array' ? `[${objects.join(',\n ')}]` : (objects[0] ?? '{}'))
}

/**
 * Comma-separated values by RFC 4180, with a heading: CRLF, NULL as nothing, an empty text as `""`.
 *
 * @param harmless for a terminal: what could steer it is shown, and lines end with LF
 */
export async function csvOf({columns, rows}: Answer, harmless: boolean): Promise<string> {
  if (columns.length === 0) return ''
  const {stringify} = await import('csv-stringify/sync')
  const ending = harmless ? '\n' : '\r\n'
  const lines = [columns.map(({name}) => name), ...rows]
  const safe = (value: string | null): string | null =>
    value === null ? null : value.split('\n').map(printable).join('\n')
  return stringify(harmless ? lines.map((line) => line.map(safe)) : lines, {
    cast: {string: (value) => (value === '' ? {value, quoted_empty: true} : value)},
    quoted_match: /[\r\n]/,
    record_delimiter: ending,
  })
}

/** A table as the shell prints it; on a terminal, one that is too wide has each value on a line of its own. */
export function tableOf(
  {columns, rows}: Answer,
  surface: {columns: number | undefined; harmless: boolean},
): string {
  const printer = tablePrinter(columns, {expanded: 'auto', nullText: ''}, surface)
  return rows.map((row) => printer.add(row)).join('') + printer.end()
}

/** What would be sent: the file, the SQL, and each parameter with its value. */
export function statementLines(question: Question): string[] {
  const {parameters, text} = question.template
  const {sql, values} = statementOf(question)
  const told = parameters.map((name, at) => `-- $${at + 1} ${name}: ${JSON.stringify(values[at])}`)
  return [`-- ${text.path}`, ...sql.trim().split('\n'), ...told]
}
