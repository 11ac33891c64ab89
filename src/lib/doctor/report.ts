import type {ChalkInstance} from 'chalk'
import {wrappedHint} from '../pasted.js'
import {plural} from '../plural.js'
import {printable} from '../target/text.js'
import {widthOf} from '../width.js'
import type {Layer, Status} from './check.js'
import type {Result} from './run.js'

/** How a report is laid out. */
export interface Layout {
  /** The terminal's width; undefined: lines are not wrapped. */
  columns: number | undefined
  /** The width of the longest name of a check. */
  names: number
  /** Colours, or none. */
  style: ChalkInstance
}

/** Mark and word: neither colour nor mark alone is the sign. */
const MARKS: Readonly<Record<Status, readonly [mark: string, word: string]>> = {
  ok: ['✔', 'ok'],
  warn: ['!', 'warn'],
  fail: ['✖', 'fail'],
  skipped: ['-', 'skip'],
}

function colorOf(status: Status, {style}: Layout): ChalkInstance {
  if (status === 'ok') return style.green
  if (status === 'warn') return style.magenta.bold
  return status === 'fail' ? style.red.bold : style.reset
}

/** From this width on names stand in a column of their own. */
const WIDE = 80

const MARGIN = '  '
const WORD_WIDTH = 4

/** What a line that follows another one looks like, as if it was ours, where a server or a file says so. */
const LIKE_OURS = /^\s*(?:[→✔✖!-]|cured:)/
const QUOTED = '| '

/** Lines under each other, the first one behind `first`, all others behind as many blanks. */
function hanging(first: string, indent: number, text: string, {columns}: Layout): string[] {
  const width = columns === undefined ? Number.POSITIVE_INFINITY : Math.max(columns - indent, 20)
  const lines = text.split('\n').flatMap((paragraph, index) => {
    const sign = index > 0 && LIKE_OURS.test(paragraph) ? QUOTED : ''
    const room = width - sign.length
    return wrappedHint(printable(paragraph), room, {whole: true}).map((line) => sign + line)
  })
  return lines.map((line, index) => `${index === 0 ? first : ' '.repeat(indent)}${line}`)
}

/** The heading of a layer. */
export function headingLine(layer: Layer, {style}: Layout): string {
  return style.bold(layer)
}

/** What one check came to, over as many lines as it takes. */
export function resultLines(result: Result, layout: Layout): string[] {
  const {cured, fix, message, name, status} = result
  const [mark, word] = MARKS[status]
  const wide = layout.columns === undefined || layout.columns >= WIDE
  const shown = wide ? `${name.padEnd(layout.names)}  ` : ''
  const indent = MARGIN.length + 2 + WORD_WIDTH + 2 + shown.length
  const color = colorOf(status, layout)
  const first = `${MARGIN}${color(`${mark} ${word.padEnd(WORD_WIDTH)}`)}  ${shown}`
  const text = wide ? message : `${name}: ${message}`
  const below = (sign: string, words: string): string[] =>
    hanging(`${' '.repeat(indent)}${sign} `, indent + widthOf(sign) + 1, words, layout)
  return [
    ...hanging(first, indent, text, layout),
    ...(cured === undefined ? [] : below(layout.style.green('cured:'), cured)),
    ...(fix === undefined ? [] : below(layout.style.cyan('→'), fix)),
  ].map((line) => line.trimEnd())
}

/** Checks that are skipped for one reason, in one line. */
export function skippedLines(results: readonly Result[], layout: Layout): string[] {
  const [first, ...more] = results
  if (!first) return []
  if (more.length === 0) return resultLines(first, layout)
  const names = results.map(({name}) => name).join(', ')
  const sign = `${MARGIN}${MARKS.skipped.join(' ')}  `
  return hanging(sign, sign.length, `${names}: ${first.message}`, layout)
}

/** Where to begin: with what failed, else with the warning that others are skipped for, else with the first one. */
function worstOf(results: readonly Result[]): Result | undefined {
  const warned = results.filter(({status}) => status === 'warn')
  const blocking = results.find(
    ({status}, index) => status === 'warn' && results[index + 1]?.status === 'skipped',
  )
  return results.find(({status}) => status === 'fail') ?? blocking ?? warned[0]
}

/** The last line: how many there are, and where to begin. */
export function summaryLines(results: readonly Result[], layout: Layout): string[] {
  const worst = worstOf(results)
  if (!worst) return [layout.style.green('all is well')]
  const of = (status: Status): number => results.filter((result) => result.status === status).length
  const counts = [plural(of('fail'), 'problem'), plural(of('warn'), 'warning')]
  const words = counts.filter((count) => !count.startsWith('0 '))
  const text = `${words.join(', ')}: begin with: ${worst.fix ?? worst.message}`
  return hanging('', 0, text, layout)
}
