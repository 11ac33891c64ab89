import {LINE_FEED} from '../sql/bytes.js'
import {runCommand} from './commands.js'
import {execute} from './execute.js'
import {createReader, feed, nextItem} from './reader.js'
import type {Shell} from './shell-state.js'

const NAME = '-c'

/**
 * Runs what a `-c` names, as psql does: one of the shell's commands, or SQL, of which all statements are sent in one message and
 * run in one transaction unless it says otherwise.
 *
 * @throws CruddurError for what fails
 */
export async function runArgument(shell: Shell, text: string): Promise<void> {
  if (text.trimStart().startsWith('\\')) return await runOwn(shell, text.trim())
  const bytes = Buffer.from(text)
  if (text.trim() === '') return
  await execute(shell, {
    text: {path: NAME, bytes, line: 1, before: 0, lineEnding: LINE_FEED, cut: false},
    statement: {start: 0, end: bytes.length},
  })
}

async function runOwn(shell: Shell, text: string): Promise<void> {
  const reader = createReader(NAME)
  feed(reader, Buffer.from(text))
  const item = nextItem(reader)
  if (item?.kind === 'command') await runCommand(shell, reader, item)
}
