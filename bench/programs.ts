import {fileURLToPath} from 'node:url'
import type {Command} from './measure.js'

const PROGRAM = fileURLToPath(new URL('../bin/run.js', import.meta.url))

/** The most memory that any command of ours is to take. */
export const REACH_MB = 90

/** The built program. */
export function cruddurDb(args: readonly string[], cwd: string): Command {
  return {file: process.execPath, args: [PROGRAM, ...args], cwd}
}

/** Nothing at all in Node: what every start of ours begins with. */
export function bareNode(cwd: string): Command {
  return {file: process.execPath, args: ['-e', '0'], cwd}
}
