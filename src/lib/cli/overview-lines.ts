import {wrappedHint} from '../pasted.js'
import {printable} from '../target/text.js'
import {type Circumstances, type Entry, INDENT, overviewEntries} from './overview.js'
import type {State} from './overview-state.js'
import {redact} from './redact.js'
import {styleOut} from './style.js'

/** A command of three for who is new here, and what it does. */
const BEGINNING = [
  ['setup', 'builds it anew, with schema and seed'],
  ['connect', 'opens it'],
  ['doctor', 'says what is wrong, and what cures it'],
  ['help', 'shows all commands'],
] as const

/** The overview as it is printed, in colour where stdout has some; at most `columns` wide. */
export function overviewLines(state: State, circumstances: Circumstances): string[] {
  const {columns} = circumstances
  const commands = BEGINNING.flatMap(([name, does]) =>
    hung(`cruddur-db ${name.padEnd(7)}  `, does, columns),
  )
  const entries = overviewEntries(state, circumstances)
  return [...entries.flatMap((entry) => entryLines(entry, columns)), '', ...commands]
}

function entryLines({label, name, text, tone}: Entry, columns: number): string[] {
  const paint = {
    plain: (line: string) => line,
    trouble: styleOut.red,
    command: styleOut.bold,
    unknown: styleOut.dim,
  }[tone]
  // Hints are our own words, and one of them is a URL to be copied.
  const known = label === 'next' ? text : redact(text)
  const safe = printable(known.replaceAll('\n', '; '))
  const head = label.padEnd(INDENT)
  if (!name) return hung(head, safe, columns, paint)
  const [first = '', ...rest] = hung(head, `${name.text}  ${safe}`, columns)
  const nameStyle = name.production ? styleOut.red.bold : styleOut.green
  return [first.replace(name.text, () => nameStyle(name.text)), ...rest]
}

/** A text behind its head, its further lines as far in as the first one. */
function hung(
  head: string,
  text: string,
  columns: number,
  paint = (line: string) => line,
): string[] {
  const indent = head.length
  const lines = wrappedHint(text, columns - indent)
  return lines.map((line, index) => (index === 0 ? head : ' '.repeat(indent)) + paint(line))
}
