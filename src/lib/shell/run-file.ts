import {resolve} from 'node:path'
import {CruddurError} from '../error.js'
import {openSqlFile} from '../sql/file.js'
import {runLines} from './run-lines.js'
import type {Shell} from './shell-state.js'
import {streamSource} from './source.js'

/** A file that includes itself would do so for ever. */
const DEEPEST = 16

/**
 * Runs the statements and commands of a file, up to the first that fails, or `\q`.
 *
 * @param path taken from `folder`
 * @throws CruddurError FILE_NOT_FOUND, FILE_UNREADABLE, FILES_NESTED; and what a statement fails with
 */
export async function runFile(shell: Shell, path: string, folder: string): Promise<void> {
  if (shell.sources.length > DEEPEST) {
    throw new CruddurError('FILES_NESTED', `more than ${DEEPEST} files include one another`, {
      hint: `see whether ${path} includes itself`,
    })
  }
  const absolute = resolve(folder, path)
  const file = await openSqlFile(absolute, {cwd: process.cwd(), signal: shell.ending})
  const lines = streamSource(file.path, file.read())
  shell.sources.push({lines, folder: file.folder})
  try {
    await runLines(shell, lines)
    shell.leaving = false
  } finally {
    shell.sources.pop()
    await lines.close()
  }
}
