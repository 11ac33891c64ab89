import {mkdirSync, statSync} from 'node:fs'
import {dirname} from 'node:path'

/**
 * Makes a folder, and those above it, that only the user can enter.
 *
 * @throws Error where it is, or would be, in somebody else's: root with a user's HOME (`sudo`) must not make what that user
 *   cannot write; or what Node throws
 */
export function makePrivateFolder(folder: string): void {
  const found = statSync(folder, {throwIfNoEntry: false})
  if (found) {
    if (process.getuid !== undefined && process.getuid() !== found.uid)
      throw new Error(`${folder} is somebody else's`)
    return
  }
  makePrivateFolder(dirname(folder))
  mkdirSync(folder, {mode: 0o700})
}

/** {@link makePrivateFolder} for what is to lie in it. @returns whether it is there */
export function tryPrivateFolder(file: string): boolean {
  try {
    makePrivateFolder(dirname(file))
    return true
  } catch {
    return false
  }
}
