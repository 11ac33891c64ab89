import {randomBytes} from 'node:crypto'
import {link, readFile, rename, unlink} from 'node:fs/promises'
import {errnoOf} from './errors.js'
import {holderOf, type PidFile, pidFilePath, readPidFile} from './process.js'

/** A pid file is empty for less than a millisecond, or because its server was killed in just that one. */
const EMPTY_FOR_MS = 3000

/**
 * Moves a dead server's pid file out of the way where PostgreSQL itself would not dare to: when its number belongs to
 * another program by now, or when it is empty.
 */
export async function clearStalePidFile(dataDir: string): Promise<void> {
  const file = await readPidFile(dataDir)
  if (!file || !(await isInTheWay(dataDir, file))) return
  const path = pidFilePath(dataDir)
  const aside = `${path}.stale-${randomBytes(4).toString('hex')}`
  await rename(path, aside).catch(ignore('ENOENT'))
  const moved = await readFile(aside, 'utf8').catch(ignore('ENOENT'))
  if (moved === undefined) return
  // Between judging and moving, a new server may have put its own there; back it goes unless there is one again.
  if (moved !== file.text) await link(aside, path).catch(ignore('EEXIST'))
  await unlink(aside)
}

async function isInTheWay(dataDir: string, {pid, modifiedMs}: PidFile): Promise<boolean> {
  if (Number.isNaN(pid)) return Date.now() - modifiedMs > EMPTY_FOR_MS
  return (await holderOf(pid, dataDir)) === 'stranger'
}

function ignore(errno: string): (error: unknown) => undefined {
  return (error) => {
    if (errnoOf(error) !== errno) throw error
  }
}
