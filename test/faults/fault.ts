import type {Scene} from './scene.js'

/** Takes back what an arrangement did to the server. */
export type Undo = () => Promise<void>

/**
 * One thing that goes wrong: what is done, what the user sees. Whatever it is, the old database has to be as before.
 *
 * In its texts `{database}` is the database's name, `{url}` what the program is given as CONNECTION_URL, `{host}` that
 * URL's host and port, `{folder}` the working directory, and any other word what the scene says under that name. In what
 * is seen, `…` stands for anything in a line and a line with `⋮` alone for any lines.
 */
export interface Fault {
  /** What goes wrong, as the end of "when …". */
  name: string
  /** Files of the working directory. */
  files?: Record<string, string | Buffer>
  /** All is done through a tap, with which the scene takes part in what is said. */
  tapped?: boolean
  /** A {@link GATE} in a file stays closed until the scene opens it. */
  gated?: boolean
  /** What is so when the program starts. */
  arrange?: (scene: Scene) => Promise<Undo | undefined>
  args: readonly string[]
  /** Beside CONNECTION_URL, which it may replace or (undefined) take away. */
  env?: Record<string, string | undefined>
  /** A line for `sh` in which `exec "$@"` is the program. */
  shell?: string
  /** What happens while it runs. */
  during?: (scene: Scene) => Promise<void>
  sees: Sight
  /** Databases that are meant to change, or to come or go. */
  changes?: readonly string[]
  /** Suffixes, as patterns, of databases that stay beside the old one; their names have to be told. */
  leaves?: readonly RegExp[]
  /** It depends on how quick the server is whether they stay. */
  perhaps?: true
  /** Nobody is left who could tell of them. */
  silently?: true
  /** Seconds from what happens to the program's end; 9 unless told. */
  within?: number
  /** How it is run: as by a person and as by a script unless told. */
  forms?: readonly Form[]
}

export type Form = 'words' | '--json'

export interface Sight {
  exit: number
  /** Of the JSON's error; absent where nothing fails. */
  code?: string
  /** How the first line names the target; `local` unless told; undefined: there is no such line. */
  target?: 'local' | 'url' | 'PRODUCTION' | undefined
  /** What that line names; the scene's own unless told. */
  user?: string
  host?: string
  database?: string
  /** What follows that line. */
  stderr: string
  /** Nothing unless told; not looked at in JSON. */
  stdout?: string
}

/** SQL that waits while the scene's gate is closed, in whatever database it runs. */
export const GATE = `DO $$ BEGIN
  WHILE EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'gate {database}') LOOP
    PERFORM pg_sleep(0.01), pg_stat_clear_snapshot();
  END LOOP;
END $$;
`
