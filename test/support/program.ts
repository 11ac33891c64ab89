import {type ChildProcess, spawn} from 'node:child_process'
import {fileURLToPath} from 'node:url'

export const packageRoot = fileURLToPath(new URL('../../', import.meta.url))
const binary = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

export interface ProgramOptions {
  cwd?: string
  /** Variables beside PATH and HOME; nothing else of this process's environment reaches the program. */
  env?: Record<string, string>
}

export interface ProgramResult {
  code: number | null
  stdout: string
  stderr: string
}

/** The built program's command line and environment. */
export function programCommand(args: readonly string[], options: ProgramOptions) {
  const {HOME = '', PATH = ''} = process.env
  return {
    file: process.execPath,
    args: [binary, ...args],
    options: {cwd: options.cwd ?? packageRoot, env: {HOME, PATH, ...options.env}},
  }
}

/** Starts the built program with a closed stdin and pipes for the rest. */
export function startProgram(args: readonly string[], options: ProgramOptions = {}): ChildProcess {
  const command = programCommand(args, options)
  return spawn(command.file, command.args, {...command.options, stdio: ['ignore', 'pipe', 'pipe']})
}

/** What a started program leaves when it ends. */
export function ended(child: ChildProcess): Promise<ProgramResult> {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({code, stdout, stderr}))
  })
}

/** Runs the built program to its end. */
export function runProgram(
  args: readonly string[],
  options?: ProgramOptions,
): Promise<ProgramResult> {
  return ended(startProgram(args, options))
}
