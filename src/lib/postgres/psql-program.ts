import {accessSync, constants, statSync} from 'node:fs'
import {delimiter, join} from 'node:path'

/** Where the system looks for programs without a PATH (execvp). */
const DEFAULT_PATH = '/usr/bin:/bin'

/** Whether a program is found on the PATH, and may be run by this user. */
export function isInstalled(
  program: string,
  {PATH = DEFAULT_PATH}: Readonly<Record<string, string | undefined>>,
): boolean {
  return PATH.split(delimiter).some((folder) => {
    try {
      const path = join(folder, program)
      accessSync(path, constants.X_OK)
      return statSync(path).isFile()
    } catch {
      return false
    }
  })
}
