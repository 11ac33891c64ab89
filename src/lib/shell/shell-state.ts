import type {Catalogue} from './catalogue.js'
import type {History} from './history.js'
import type {Canceller} from './link.js'
import type {Typed} from './reader.js'
import type {Session} from './session.js'
import type {Settings} from './settings.js'
import type {Sheet} from './sheet.js'
import type {LineSource} from './source.js'

/** What statements and commands work with. */
export interface Shell {
  session: Session
  settings: Settings
  catalogue: Catalogue
  history: History
  /** A person types, and reads. */
  interactive: boolean
  /** The terminal's width; undefined where the output goes elsewhere. */
  columns(): number | undefined
  /** The place for the output of one statement or command. */
  sheet(): Sheet
  /** Data, at once. @returns false when no more can be taken before `drained` */
  write(data: string | Buffer): boolean
  /** When more can be written. */
  drained(): Promise<void>
  /** A line that is not data. */
  tell(line: string): void
  tellError(error: unknown): Promise<void>
  /** What a statement is told by: `INSERT 0 5`; with --quiet nothing. */
  quiet: boolean
  /** Where lines come from, the innermost file last, and the folder that `\ir` starts from. */
  sources: {lines: LineSource; folder: string}[]
  /** Cancels the statement under way. */
  canceller: Canceller | undefined
  /** The statement that `\g` repeats. */
  last: Typed | undefined
  /** Production's name in the prompt. */
  red(text: string): string
  /** Runs a file, up to the first statement that fails; its path is taken from `folder`. */
  include(path: string, folder: string): Promise<void>
  /** Aborted when the process is to end. */
  ending: AbortSignal
  /** Ctrl-C was typed since the last statement began. */
  interrupted: boolean
  /** Set when the shell is to be left. */
  leaving: boolean
  /** What has been typed of a statement in the lines before. */
  typed(): string
  /** What has come by LISTEN and was not told yet. */
  notifications: string[]
}
