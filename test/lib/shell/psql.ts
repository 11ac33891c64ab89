import {execFileSync, spawnSync} from 'node:child_process'
import {urlOf} from '../../support/postgres.js'

/** Whether there is a psql to compare with. */
export function hasPsql(): boolean {
  try {
    execFileSync('psql', ['--version'])
    return true
  } catch {
    return false
  }
}

/** What the real psql writes to its standard output. */
export function psqlOutput(database: string, args: readonly string[]): string {
  const {stdout} = spawnSync('psql', ['-X', ...args, urlOf(database)], {
    env: {PATH: process.env['PATH'], PGCLIENTENCODING: 'UTF8', LC_ALL: 'C.UTF-8'},
    encoding: 'utf8',
    input: '',
  })
  return stdout
}
