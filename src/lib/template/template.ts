import type {Statement} from '../sql/scanner.js'
import type {Text} from '../sql/text.js'

/** A stretch of a template's bytes; with a name it is a placeholder, else it goes to the server as it stands. */
export interface Piece {
  start: number
  end: number
  name?: string
}

/** One statement with named parameters, checked. Offsets are those of bytes in `text`. */
export interface Template {
  /** The whole file, to find places in. */
  readonly text: Text
  readonly statement: Statement
  /** The statement from its first byte to its last, in order; of `%%` only one sign is in them. */
  readonly pieces: readonly Piece[]
  /** The names of its parameters, each once, in the order in which they appear. */
  readonly parameters: readonly string[]
  readonly shape: Shape
}

/** What has to be known of a statement to read its rows as JSON. */
export interface Shape {
  /** `query`: SELECT and the like; `change`: INSERT, UPDATE, DELETE, MERGE; `other`: what can only be run as it stands. */
  kind: 'query' | 'change' | 'other'
  /** A change without RETURNING has no rows. */
  hasRows: boolean
  /** Where the main statement begins behind a WITH that holds a change, which must stay outermost. */
  main?: number | undefined
}
