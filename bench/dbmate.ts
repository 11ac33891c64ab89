import {execFile} from 'node:child_process'
import {promisify} from 'node:util'
import {resolveBinary} from 'dbmate'
import {CruddurError} from '../src/lib/error.js'
import {childEnvironment} from './measure.js'

export interface Dbmate {
  /** The program itself; what npm puts on PATH is a script of Node's that starts it. */
  file: string
  /** '2.24.0' */
  version: string
}

/**
 * Finds the dbmate that npm has installed.
 *
 * @throws CruddurError BENCH_NO_DBMATE
 */
export async function findDbmate(): Promise<Dbmate> {
  try {
    const file = resolveBinary()
    const {stdout} = await promisify(execFile)(file, ['--version'], {env: childEnvironment()})
    return {file, version: /\d[\w.]*/.exec(stdout)?.[0] ?? ''}
  } catch (error) {
    throw new CruddurError('BENCH_NO_DBMATE', 'dbmate, which is raced against, does not run here', {
      hint: 'run npm ci',
      cause: error,
    })
  }
}
