import {rm} from 'node:fs/promises'
import {join} from 'node:path'
import {CruddurError} from '../../src/lib/error.js'
import type {Bench} from '../bench.js'
import {countRows, urlOf, withDatabase} from '../database.js'
import {type Command, measure, type Outcome} from '../measure.js'
import {placed} from '../placement.js'
import {cruddurDb} from '../programs.js'
import type {Content} from './content.js'
import {requireSpace, writePieces} from './write.js'

/** A file to load, and where. */
export interface Load {
  content: Content
  rows: number
  path: string
  /** The server's URL, as the loader is to reach it. */
  server: string
}

export type Loader = (load: Pick<Load, 'path'>, url: string) => Command

/** The built program. */
export function ours(cwd: string): Loader {
  return ({path}, url) => cruddurDb(['seed', '--seed-file', path, '--url', url], cwd)
}

/** psql as it is raced: nothing of its user's, whole or not at all. */
export function psql(file: string, cwd: string): Loader {
  return ({path}, url) => {
    const args = ['-X', '-1', '-q', '-v', 'ON_ERROR_STOP=1', '-f', path, url]
    return {file, args, cwd}
  }
}

/** Runs `fn` with a written file, removed afterwards. */
export async function withFile<T>(
  {folder, signal}: Bench,
  {content, rows}: Pick<Load, 'content' | 'rows'>,
  fn: (path: string, bytes: number) => Promise<T>,
): Promise<T> {
  const path = join(folder, 'load.sql')
  await requireSpace(path, rows * content.rowBytes)
  try {
    return await fn(path, await writePieces(path, content.pieces(rows), signal))
  } finally {
    await rm(path, {force: true})
  }
}

/**
 * Loads a file into a new database and looks whether all of it is there.
 *
 * @throws CruddurError BENCH_RUN_FAILED, BENCH_WRONG_ROWS
 */
export async function runLoad(bench: Bench, load: Load, loader: Loader): Promise<Outcome> {
  const {url, placement} = bench.server
  const {create, table} = load.content
  return await withDatabase(url, create, async (database) => {
    const command = placed(loader(load, urlOf(load.server, database)), placement)
    const outcome = await measure(command, bench.signal)
    const found = await countRows(urlOf(url, database), table)
    if (found === load.rows) return outcome
    const message = `${found} rows are in ${table} instead of ${load.rows}`
    throw new CruddurError('BENCH_WRONG_ROWS', message)
  })
}
