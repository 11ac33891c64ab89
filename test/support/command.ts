import type {Command} from '@oclif/core'
import {captureOutput} from '@oclif/test'
import {packageRoot} from './program.js'

export interface CommandResult<T> {
  result: T | undefined
  stdout: string
  stderr: string
  exit: number
}

interface CommandClass<T> {
  new (...args: ConstructorParameters<typeof Command>): Command & {run: () => Promise<T>}
  run: typeof Command.run
}

/** Runs a command's class in this process and catches what it prints. */
export async function runCommand<T>(
  command: CommandClass<T>,
  args: readonly string[],
): Promise<CommandResult<T>> {
  const captured = await captureOutput<T>(async () => {
    const run = command.run as (argv: string[], options: {root: string}) => Promise<T>
    return run.call(command, [...args], {root: packageRoot})
  })
  const error = captured.error as (Error & {oclif?: {exit?: number}}) | undefined
  if (error && error.oclif?.exit === undefined) throw error
  return {
    result: captured.result,
    stdout: captured.stdout,
    stderr: captured.stderr,
    exit: error?.oclif?.exit ?? 0,
  }
}
