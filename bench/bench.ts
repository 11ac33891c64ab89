import type {Server} from './server.js'

/** What a set of races is told. */
export interface Setting {
  /** A PostgreSQL server and its clients are to have processors of their own. */
  apart: boolean
  /** An empty folder for files, removed at the end. */
  folder: string
  /** 1, or a part of every file's size for trying out. */
  scale: number
  /** Pairs of runs in every race, instead of the race's own number. */
  pairs: number | undefined
  /** Names of the races to run; empty: all. */
  only: ReadonlySet<string>
  signal: AbortSignal
  /** One line of progress. */
  say: (text: string) => void
}

/** The same, for a set that has a PostgreSQL server. */
export interface Bench extends Setting {
  server: Server
}

/** Races that belong together: `npm run bench -- NAME`. */
export interface RaceSet {
  /** For `--only`. */
  names: readonly string[]
  run: (setting: Setting) => Promise<SetResult>
}

export interface SetResult {
  /** For the terminal. */
  report: string
  /** For results.json, under the set's name. */
  record: object
  /** How many races ended in an error; one that is merely lost is none. */
  failures: number
}
