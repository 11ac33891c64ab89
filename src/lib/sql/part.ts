import type {CruddurError} from '../error.js'
import type {SqlFile} from './file.js'
import type {Statement} from './scanner.js'
import type {Text} from './text.js'
import type {WindowOptions} from './window.js'

/** What a file has the loader do next; offsets are those of the text. */
export type Part = BatchPart | CopyPart | SqlPart | EchoPart

/** Statements to be sent as one query. */
export interface BatchPart {
  kind: 'batch'
  text: Text
  statements: readonly Statement[]
  /** `standard_conforming_strings` behind them, as far as their text tells. */
  standardStrings: boolean
}

/** COPY … FROM stdin and its rows, which have to be read before the next part is. */
export interface CopyPart {
  kind: 'copy'
  file: SqlFile
  text: Text
  statement: Statement
  rows: AsyncGenerator<Text>
}

/** What a command of psql's, which stands at `at`, sends to the server. */
export interface SqlPart {
  kind: 'sql'
  text: Text
  at: number
  sql: string
}

export interface EchoPart {
  kind: 'echo'
  line: string
}

/** What holds on from one file to the next. */
export interface Session {
  standardStrings: boolean
  /** `standard_conforming_strings` as it was at the beginning. */
  readonly initialStandardStrings: boolean
  /** The key of a `\restrict` in force. */
  restricted: string | undefined
  /** What to say if the transaction that the file itself has begun does not end. */
  open: CruddurError | undefined
  /** The files that include one another here, the outermost first. */
  readonly within: SqlFile[]
}

export function startSession(standardStrings: boolean): Session {
  return {
    standardStrings,
    initialStandardStrings: standardStrings,
    restricted: undefined,
    open: undefined,
    within: [],
  }
}

export interface ReadOptions extends WindowOptions {
  /** All is to run in one transaction; else each statement by itself. */
  transaction: boolean
  /** The database the files are meant for, to which `\connect` may go. */
  database: string
  /** Where `\i` starts from. */
  cwd: string
  /** Files included so far by their absolute path, so that what was checked is what runs. */
  included: Map<string, SqlFile>
  /** False: they may include none. */
  includes?: boolean
}
