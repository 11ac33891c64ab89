import type {Difference} from '../cognito/difference.js'
import {differenceRows, remarks} from '../cognito/words.js'
import {wrapped} from '../wrapped.js'

/** Narrower than this the words stand below their heading. */
const NARROW = 30
const INDENT = '    '

/** Heading, number and words in columns; words that are too many for the terminal's go on below. */
function aligned(rows: readonly (readonly [string, number, string])[], columns: number): string[] {
  const [heading = 0, number = 0] = [0, 1].map((at) =>
    Math.max(...rows.map((row) => `${row[at]}`.length)),
  )
  const start = heading + number + 4
  const beside = columns - start >= NARROW
  const indent = beside ? ' '.repeat(start) : INDENT
  return rows.flatMap(([title, count, words]) => {
    const head = `${title.padEnd(heading)}  ${`${count}`.padStart(number)}`
    if (words === '') return [head]
    const lines = wrapped(words, columns - indent.length)
    const first = beside ? [`${head}  ${lines.shift()}`] : [head]
    return [...first, ...lines.map((line) => indent + line)]
  })
}

/**
 * The difference as lines for a person.
 *
 * @param columns of the terminal; without one each kind is one line
 */
export function differenceLines(
  difference: Difference,
  columns = Number.POSITIVE_INFINITY,
): string[] {
  return [...aligned(differenceRows(difference), columns), ...remarks(difference)]
}
