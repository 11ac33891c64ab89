import type {Template} from './template.js'

/** What is written around a template, and within it. */
export interface Wrapper {
  before: string
  /** Words to be put in at an offset of the template's bytes. */
  within?: {at: number; words: string} | undefined
  after: string
}

/** Nothing: the statement goes as it stands. */
export const BARE: Wrapper = {before: '', after: ''}

/** The rows of the statement as one JSON document: all of them as an array, or each as an object. */
export type As = 'array' | 'object'

/** As `query_wrap_array` and `query_wrap_object` of the Python application; with a row on each line of the text. */
const COLUMN: Readonly<Record<As, string>> = {
  array: `COALESCE(array_to_json(array_agg(row_to_json(array_row)), true), '[]'::json)`,
  object: `COALESCE(row_to_json(object_row), '{}'::json)`,
}

/**
 * What makes JSON of a statement's rows, in their order. A change cannot stand in FROM: it goes into a WITH, which, where the
 * statement has one with a change in it, has to be that one.
 *
 * @returns undefined where a statement has no rows, or none that could be read so: it is run as it stands
 */
export function wrapperOf({shape}: Template, as: As): Wrapper | undefined {
  const row = `${as}_row`
  const {hasRows, kind, main} = shape
  if (!hasRows || kind === 'other') return undefined
  if (main !== undefined) {
    return {
      before: '',
      within: {at: main, words: `, ${row} AS (\n`},
      after: `\n) SELECT ${COLUMN[as]} FROM ${row}`,
    }
  }
  if (kind === 'change') {
    return {before: `WITH ${row} AS (\n`, after: `\n) SELECT ${COLUMN[as]} FROM ${row}`}
  }
  return {before: `(SELECT ${COLUMN[as]} FROM (\n`, after: `\n) ${row})`}
}
