import {execFile} from 'node:child_process'
import type {Environment} from '../target/environment.js'

/** Which psql there is. */
export interface PsqlVersion {
  /** 15 of 15.18; 9 of 9.6.24. */
  major: number
  /** As in `15.18`. */
  text: string
}

/** It answers within milliseconds; what does not is broken. */
const ANSWER_MS = 2000

/** `psql (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`; other makes have another name in the brackets. */
const VERSION = /^psql \([^)]*\) ((\d+)\S*)/m

/**
 * Asks the psql on the PATH for its version.
 *
 * @param env the environment it would be run in
 * @returns undefined when there is none, or when it does not say so within 2 s
 */
export function psqlVersion(env: Environment): Promise<PsqlVersion | undefined> {
  const options = {env, timeout: ANSWER_MS, killSignal: 'SIGKILL'} as const
  return new Promise((resolve) => {
    const done = (text: string): void => {
      const [, version, major] = VERSION.exec(text) ?? []
      resolve(version === undefined ? undefined : {major: Number(major), text: version})
    }
    try {
      execFile('psql', ['--version'], options, (error, stdout) => done(error ? '' : stdout))
    } catch {
      // A variable that no process can be given: one with a NUL in it.
      done('')
    }
  })
}
