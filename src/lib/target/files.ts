import {readFileSync, statSync} from 'node:fs'
import type {TargetContext} from './types.js'

interface Files {
  readFile: (path: string) => string | undefined
  fileMode: (path: string) => number | undefined
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

const disk: Files = {
  readFile: (path) => orUndefined(() => readFileSync(path, 'utf8')),
  // Windows has no such bits, and libpq does not look there either.
  fileMode: (path) =>
    process.platform === 'win32' ? undefined : orUndefined(() => statSync(path).mode & 0o777),
}

/** How the files beside a URL are read: as the context says, else from the disk. */
export function filesOf(context: TargetContext): Files {
  return {
    readFile: context.readFile ?? disk.readFile,
    fileMode: context.fileMode ?? disk.fileMode,
  }
}
