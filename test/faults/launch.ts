import {type ChildProcess, spawn} from 'node:child_process'
import {mkdirSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {ended, type ProgramResult, programCommand} from '../support/program.js'
import type {Fault} from './fault.js'

/** The built program at work. */
export interface Running {
  child: ChildProcess
  result: Promise<ProgramResult>
}

type Fill = (text: string) => string

/** Writes the fault's files into the working directory. */
export function writeFiles({files = {}}: Fault, folder: string, filled: Fill): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name)
    mkdirSync(dirname(path), {recursive: true})
    writeFileSync(path, typeof content === 'string' ? filled(content) : content)
  }
}

/**
 * Starts the program as the fault says.
 *
 * @param more arguments behind the fault's own
 */
export function launch(fault: Fault, more: readonly string[], filled: Fill, cwd: string): Running {
  const variables = {
    CONNECTION_URL: '{url}',
    // Should a fault lead to the embedded server, then to one of its own.
    CRUDDUR_DB_HOME: '{folder}/home',
    ...fault.env,
  }
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(variables))
    if (value !== undefined) env[name] = filled(value)
  const args = [...fault.args, ...more].map(filled)
  const {file, args: words, options} = programCommand(args, {cwd, env})
  const {HOME = options.env.HOME} = env
  const [program, ...rest] = fault.shell
    ? ['sh', '-c', fault.shell, 'sh', file, ...words]
    : [file, ...words]
  const child = spawn(program, rest, {
    ...options,
    env: {...options.env, HOME},
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return {child, result: ended(child)}
}
