import type {SqlFile} from '../sql/file.js'

/** What a migration does (up), or what undoes it (down). */
export interface Part {
  /** In memory: the file up to the part's end, with blanks for what is not the part, so that places in it are the file's. */
  readonly file: SqlFile
  /** In one transaction; else statement by statement. */
  readonly transaction: boolean
  /** As written, without the blank lines around it. */
  readonly sql: string
  /** Line of the marker that ends it, from 1; undefined where the file's end does. */
  readonly endedBy?: number | undefined
}

/** A file of `db/migrations`. */
export interface Migration {
  /** The digits that its file's name begins with, as a number. */
  readonly version: bigint
  /** The rest of the file's name, without `.sql`. */
  readonly name: string
  /** As shown to the user: relative to the working directory when below it, else absolute. */
  readonly path: string
  /** Tells whether the up part was changed: see `checksumOf`. */
  readonly checksum: string
  readonly up: Part
  /** Undefined when there is none, or no statement in it. */
  readonly down: Part | undefined
}
