import type {Command} from '../measure.js'
import {bareNode, cruddurDb, REACH_MB} from '../programs.js'
import {PSQL} from '../psql.js'
import type {Runner} from '../rounds.js'

/** What is started beside our program. */
export interface Others {
  /** The psql that starts, where the one on PATH is its wrapper. */
  realPsql: string | undefined
  dbmate: string
}

/** Measured always: the others are compared with them. */
export const BASES = ['node', 'psql']

export const NAMES = ['version', 'help', 'sessions', 'psql-real', 'dbmate']

/** Who is connected, as a script asks psql for it. */
const SESSIONS =
  'SELECT pid AS process_id, usename AS user, datname AS db, client_addr, application_name AS app, state FROM pg_stat_activity;'

/**
 * The bases, and those of the others that are asked for.
 *
 * @param server URL of a database that is there
 */
export function runnersOf(
  only: ReadonlySet<string>,
  {realPsql, dbmate}: Others,
  {server, cwd}: {server: string; cwd: string},
): Runner[] {
  const ask = (file: string): Command => ({file, args: [server, '-X', '-c', SESSIONS], cwd})
  const ours = (words: string, ...target: string[]) => ({
    title: `cruddur-db ${words}`,
    command: () => cruddurDb([...words.split(' '), ...target], cwd),
    reachMb: REACH_MB,
  })
  const all: Runner[] = [
    {name: 'node', title: 'node -e 0', command: () => bareNode(cwd)},
    {name: 'version', ...ours('--version'), reach: {node: 3}},
    {name: 'help', ...ours('--help')},
    {
      name: 'sessions',
      ...ours('sessions --json', '--url', server),
      reach: {node: 4, psql: 2},
    },
    {name: 'psql', title: 'psql -c, the same query', command: () => ask(PSQL)},
    {name: 'dbmate', title: 'dbmate --version', command: () => version(dbmate, cwd)},
  ]
  if (realPsql !== undefined)
    all.push({
      name: 'psql-real',
      title: 'psql without its wrapper',
      command: () => ask(realPsql),
    })
  return all.filter(({name}) => only.size === 0 || BASES.includes(name) || only.has(name))
}

function version(file: string, cwd: string): Command {
  return {file, args: ['--version'], cwd}
}
