import {randomBytes} from 'node:crypto'
import {mkdir, readdir, rm, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {isAlive} from './process.js'

const NAME = /^\.tmp-(\d+)-[0-9a-f]{8}$/

/** No start takes this long: an older folder is left over even when its number belongs to a process again. */
const LEFT_OVER_AFTER_MS = 60 * 60 * 1000

/** Runs `fn` with an empty folder inside `home`, on the same disk, removed afterwards whatever happens. */
export async function withTemporary<T>(
  home: string,
  fn: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = join(home, `.tmp-${process.pid}-${randomBytes(4).toString('hex')}`)
  await mkdir(folder, {mode: 0o700})
  try {
    return await fn(folder)
  } finally {
    await remove(folder)
  }
}

/** Removes what killed starts left behind; never what a running one works on. */
export async function removeLeftovers(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    const pid = NAME.exec(name)?.[1]
    if (pid === undefined) continue
    const folder = join(home, name)
    if (!isAlive(Number(pid)) || (await ageMs(folder)) > LEFT_OVER_AFTER_MS) await remove(folder)
  }
}

async function ageMs(path: string): Promise<number> {
  const stats = await stat(path).catch(() => undefined)
  return stats ? Date.now() - stats.mtimeMs : 0
}

// An initdb orphaned by kill -9 may still be writing there, and what stays is removed at the next start.
async function remove(folder: string): Promise<void> {
  await rm(folder, {recursive: true, force: true, maxRetries: 10, retryDelay: 50}).catch(() => {})
}
