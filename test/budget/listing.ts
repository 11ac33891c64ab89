import type {Flight, Recording} from '../support/wire-recorder.js'

/** Enough of a statement to find it in src/. */
const WIDTH = 90

const NAMES: Readonly<Record<string, string>> = {
  c: 'CopyDone',
  d: 'CopyData',
  f: 'CopyFail',
  p: 'password or SASL',
}

/** Names and numbers that differ from run to run. */
const CHANGING: [RegExp, string][] = [
  [/cruddur_test_[0-9a-f]{12}/g, 'DB'],
  [/\d{4}-\d\d-\d\d[-T_ 0-9:.Z]*\d|\b[0-9a-f]{6,}(-[0-9a-f]{6,})*\b|\b\d{4,}\b/g, '…'],
  [/\s+/g, ' '],
]

const cut = (text: string): string => (text.length > WIDTH ? `${text.slice(0, WIDTH - 1)}…` : text)

/** A flight's statements, or what else is in it. */
function linesOf({messages}: Flight): string[] {
  const statements = messages.flatMap(({sql}) => (sql === undefined ? [] : [sql]))
  const words = statements.length > 0 ? statements : messages.map(({type}) => NAMES[type] ?? type)
  const steady = words.map((text) =>
    CHANGING.reduce((line, [pattern, name]) => line.replaceAll(pattern, name), text).trim(),
  )
  return [...new Set(steady)].map(cut)
}

/** The round trips of each connection, the longest first, as the budget has them. */
export function tripsOf({connections}: Recording): number[] {
  return connections.map((flights) => flights.length).sort((a, b) => b - a)
}

/** What was sent, flight by flight, the longest connection first; the same in each run. */
function flightsOf({connections}: Recording): {depth: number; lines: string[]}[][] {
  return [...connections]
    .sort((a, b) => b.length - a.length)
    .map((flights) => flights.map((flight) => ({depth: flight.depth, lines: linesOf(flight)})))
}

/** Stands before what is sent together with the line above. */
const TOGETHER = '| '

/** The flights as they stand in flights.txt. */
export function listing(title: string, recording: Recording): string {
  const connections = flightsOf(recording).map((flights) =>
    flights.map(({lines}) => `  ${lines.join(`\n  ${TOGETHER}`)}\n`).join(''),
  )
  return `## ${title}\n${connections.join('  --\n')}`
}

/** The lines of one command in flights.txt, connection by connection. */
function listedLines(file: string, title: string): string[][] {
  const block = file.split(/^## /m).find((text) => text.startsWith(`${title}\n`)) ?? ''
  const connections = block.slice(title.length + 1).split(/^ {2}--\n/m)
  return connections.map((text) => text.split('\n').flatMap((line) => line.trim() || []))
}

/** How many flights flights.txt has of each connection of a command. */
export function listedTrips(file: string, title: string): number[] {
  const isFirst = (line: string): boolean => !line.startsWith(TOGETHER)
  return listedLines(file, title).map((lines) => lines.filter(isFirst).length)
}

/**
 * The flights, each with its place in the longest chain to it, those marked that are not in flights.txt, and what is in there
 * and has gone.
 */
export function difference(recording: Recording, file: string, title: string): string {
  const gone = listedLines(file, title)
    .flat()
    .map((line) => line.replace(TOGETHER, ''))
  const marked = (line: string, margin: string): string => {
    const at = gone.indexOf(line)
    if (at >= 0) gone.splice(at, 1)
    return `${at < 0 ? '+' : ' '} ${margin.padStart(3)}  ${line}`
  }
  const connections = flightsOf(recording).map((flights) =>
    flights.flatMap(({depth, lines: [first = '', ...others]}) => [
      marked(first, String(depth)),
      ...others.map((line) => marked(line, TOGETHER.trim())),
    ]),
  )
  return [
    ...connections.flatMap((lines) => ['  --', ...lines]),
    ...gone.map((line) => `-      ${line}`),
  ].join('\n')
}
