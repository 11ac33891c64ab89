import {open, rm, stat} from 'node:fs/promises'
import {setTimeout as delay} from 'node:timers/promises'

/** Milliseconds after which a claim is what a killed program has left: one is held for a few. */
const STALE = 5000

/** Milliseconds between two looks. */
const PAUSE = 20

/**
 * Runs `fn` while nobody else who does so has `path`.
 *
 * @param path of a file that is made for it, and removed in the end
 * @throws what `fn` throws, and what keeps the file from being made
 */
export async function whileClaimed<T>(path: string, fn: () => Promise<T>): Promise<T> {
  while (!(await claim(path))) await delay(PAUSE)
  try {
    return await fn()
  } finally {
    await rm(path, {force: true})
  }
}

/** @returns false while somebody else has it */
async function claim(path: string): Promise<boolean> {
  if (await made(path)) return true
  if (await isStale(path)) await removeStale(path)
  return false
}

/** @returns false where there is one already */
async function made(path: string): Promise<boolean> {
  try {
    const handle = await open(path, 'wx')
    await handle.close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** A time far ahead is none of a claim that is held either: clocks are set back. */
async function isStale(path: string): Promise<boolean> {
  return await stat(path).then(
    ({mtimeMs}) => Math.abs(Date.now() - mtimeMs) > STALE,
    () => false,
  )
}

/** One at a time does this, or the next one's claim could be what is removed. */
async function removeStale(path: string): Promise<void> {
  const mark = `${path}.stale`
  if (!(await made(mark))) {
    if (await isStale(mark)) await rm(mark, {force: true})
    return
  }
  if (await isStale(path)) await rm(path, {force: true})
  await rm(mark, {force: true})
}
