import {randomBytes} from 'node:crypto'
import {open, readlink, realpath, rename, rm, stat, writeFile} from 'node:fs/promises'
import {dirname, join, resolve} from 'node:path'
import {abortable} from '../abortable.js'
import {CruddurError} from '../error.js'
import {shellWord} from '../target/text.js'

/**
 * Writes a file whole or not at all: one that is there is replaced in one step, and keeps its permissions. What a link leads
 * to is replaced, or made, not the link; what is no file (`/dev/stdout`, a pipe) is written to.
 *
 * @throws CruddurError FILE_NOT_WRITTEN; the signal's reason, having left nothing
 */
export async function saveFile(path: string, text: string, signal?: AbortSignal): Promise<void> {
  let place = path
  try {
    const found = await stat(path).catch(ignoreMissing)
    // A pipe is waited for until somebody reads it.
    if (found && !found.isFile() && !found.isDirectory()) {
      return await abortable(writeFile(path, text), signal)
    }
    if (found?.isDirectory() || /[\\/]$/.test(path)) {
      throw Object.assign(new Error(), {code: 'EISDIR'})
    }
    place = found ? await realpath(path) : await endOfLinks(path)
    await replaceFile(place, text, {mode: found?.mode, signal})
  } catch (error) {
    signal?.throwIfAborted()
    throw saveError(error, path, dirname(place))
  }
}

/** Where a file is to be that is not there yet: links may lead to it. */
async function endOfLinks(path: string): Promise<string> {
  const link = await readlink(path).catch(() => undefined)
  if (link === undefined) return path
  return await endOfLinks(resolve(await realpath(dirname(path)), link))
}

interface Replacing {
  mode: number | undefined
  signal: AbortSignal | undefined
}

async function replaceFile(path: string, text: string, {mode, signal}: Replacing): Promise<void> {
  const draft = join(dirname(path), `.cruddur-db-${randomBytes(6).toString('hex')}`)
  try {
    const handle = await open(draft, 'wx', (mode ?? 0o666) & 0o777)
    try {
      await handle.writeFile(text)
      // What umask has taken away.
      if (mode !== undefined) await handle.chmod(mode & 0o777)
      // A rename may reach the disk before the content does.
      await handle.sync()
    } finally {
      await handle.close()
    }
    signal?.throwIfAborted()
    await rename(draft, path)
  } catch (error) {
    await rm(draft, {force: true}).catch(() => {})
    throw error
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

/** What this machine has no room for, or fails at, is not a slip in the command line. */
const FAILURES: Readonly<Record<string, {why: string; hint: string}>> = {
  ENOSPC: {why: 'the disk is full', hint: 'free some space, or write elsewhere'},
  EDQUOT: {why: 'the quota of this user is used up', hint: 'free some space, or write elsewhere'},
  EFBIG: {why: 'it would become larger than files may be', hint: 'write elsewhere'},
}

function saveError(error: unknown, path: string, folder: string): CruddurError {
  const {code = '', message} = error as NodeJS.ErrnoException
  const {exit, why, hint} = whyNot(code, message, folder)
  return new CruddurError('FILE_NOT_WRITTEN', `${path} cannot be written: ${why}`, {
    exit,
    hint,
    data: {file: path},
    cause: error,
  })
}

function whyNot(code: string, message: string, folder: string) {
  const failure = FAILURES[code]
  if (failure) return {exit: 1 as const, ...failure}
  const slip = (why: string, hint: string) => ({exit: 2 as const, why, hint})
  switch (code) {
    case 'ENOENT':
      return slip(`there is no folder ${folder}`, `make it: mkdir -p ${shellWord(folder)}`)
    case 'ENOTDIR':
      return slip(`${folder} is no folder`, 'check the path')
    case 'EISDIR':
      return slip('it is a folder', 'name a file in it')
    case 'EACCES':
    case 'EPERM':
      return slip('this user may not', 'write elsewhere, or without --output to stdout')
    case 'EROFS':
      return slip('the disk is read-only', 'write elsewhere, or without --output to stdout')
    case 'ENAMETOOLONG':
      return slip('the name is too long', 'give it a shorter one')
    default:
      return {exit: 1 as const, why: message, hint: 'write elsewhere'}
  }
}
