import type {Piece, Template} from './template.js'
import type {Values} from './value.js'
import {type BoundValue, bindValue, checkNames} from './values.js'
import type {Wrapper} from './wrap.js'

/** Where a stretch of what is sent stands in the template; `sent` counts code points. */
export interface Origin {
  sent: number
  piece: Piece
}

/** A statement ready to be sent. */
export interface Bound {
  sql: string
  /** For node-postgres, `$1` first. */
  values: readonly unknown[]
  origins: readonly Origin[]
  /** Code points of the template's part, with what stands before it. */
  length: number
}

/**
 * Puts `$n` in the place of the placeholders, and the statement into its wrapper. No value gets into the text.
 *
 * @throws CruddurError TEMPLATE_PARAMETERS (exit 2)
 */
export function bind(template: Template, values: Values, wrapper: Wrapper): Bound {
  const {parameters, text} = template
  checkNames(parameters, values, text.path)
  const bound = new Map<string, BoundValue & {number: number}>()
  for (const [at, name] of parameters.entries()) {
    bound.set(name, {...bindValue(name, values[name] ?? null), number: at + 1})
  }
  const origins: Origin[] = []
  let sql = wrapper.before
  let length = countPoints(sql)
  let end = ''
  const add = (words: string): void => {
    sql += words
    end = words.slice(-1)
    length += countPoints(words)
  }
  /** Else `LIKE%(x)s` would be a name with a `$` in it, and a number go on in the word behind it. */
  const keepApart = (words: string): void => {
    if (ENDS_IN_WORD.test(end) && BEGINS_AS_WORD.test(words)) add(' ')
  }
  let isBehindValue = false
  for (const piece of cutAt(template.pieces, wrapper.within?.at)) {
    if (piece.start === wrapper.within?.at) add(wrapper.within.words)
    const value = piece.name === undefined ? undefined : bound.get(piece.name)
    const words = value
      ? `$${value.number}${value.cast}`
      : text.bytes.toString('utf8', piece.start, piece.end)
    if (value || isBehindValue) keepApart(words)
    isBehindValue = value !== undefined
    origins.push({sent: length, piece})
    add(words)
  }
  const ordered = parameters.map((name) => bound.get(name)?.value)
  return {sql: sql + wrapper.after, values: ordered, origins, length}
}

/** What a word of PostgreSQL can hold, `$` and all beyond ASCII among it. */
const ENDS_IN_WORD = /[\w$\u{80}-\u{ffff}]/u
const BEGINS_AS_WORD = /^[\w$\u{80}-\u{10ffff}]/u

function countPoints(text: string): number {
  return [...text].length
}

/** The pieces, with one of them cut in two where something is to be put in. */
function cutAt(pieces: readonly Piece[], at: number | undefined): Piece[] {
  if (at === undefined) return [...pieces]
  return pieces.flatMap((piece) =>
    piece.start < at && at < piece.end
      ? [
          {...piece, end: at},
          {...piece, start: at},
        ]
      : [piece],
  )
}
