import {CruddurError} from '../../../src/lib/error.js'
import type {Environment} from '../../../src/lib/target/environment.js'
import {resolveTarget, type Target, type TargetContext} from '../../../src/lib/target/target.js'

/** A laptop without any file: what a test needs is given in `files`. */
export function contextOf(
  env: Environment = {},
  files: Record<string, string> = {},
  modes: Record<string, number> = {},
): TargetContext {
  return {
    env,
    homeDir: '/home/andrew',
    osUser: 'andrew',
    readFile: (path) => files[path],
    fileMode: (path) => modes[path] ?? 0o600,
  }
}

/** The target of `--url`, which there must be. */
export function targetOf(url: string, context: TargetContext = contextOf()): Target {
  return defined(resolveTarget({prod: false, url, command: 'create'}, context))
}

/** The target of CONNECTION_URL in `env`, which there must be. */
export function localTarget(env: Environment): Target {
  return defined(resolveTarget({prod: false, command: 'create'}, contextOf(env)))
}

export function defined<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('nothing was resolved')
  return value
}

/** The CruddurError that `act` throws, or an error that there was none. */
export function errorOf(act: () => unknown): CruddurError {
  try {
    act()
  } catch (error) {
    if (error instanceof CruddurError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** Every problem `act` is refused for. */
export function problemsOf(act: () => unknown): unknown {
  return errorOf(act).data['problems']
}
