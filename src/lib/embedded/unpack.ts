import {constants, type Dirent} from 'node:fs'
import {
  chmod,
  copyFile,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  stat,
  symlink,
} from 'node:fs/promises'
import {basename, dirname, isAbsolute, join, relative} from 'node:path'
import {errnoOf} from './errors.js'
import type {PlatformPackage} from './platform.js'
import {withTemporary} from './temporary.js'

const FOLDERS = ['bin', 'lib', 'share']

/** Only needed to build programs against PostgreSQL. */
const UNNEEDED = /\.a$|^pkgconfig$|^pgxs$|^include$/

/**
 * Copies PostgreSQL's programs into `home` as `name`, all or nothing; another process that does the same at once is no
 * problem. A copy, because npm may not have run the package's post-install script that makes its symbolic links,
 * `node_modules` may be closed to the server's user, and `npm ci` would delete it under the running server.
 * 55 MB in about 0.25 s (2 cores, SSD), of which flushing to the disk is a fifth.
 */
export async function unpack(
  {folder}: PlatformPackage,
  home: string,
  name: string,
  signal?: AbortSignal,
): Promise<void> {
  await withTemporary(home, async (temporary) => {
    const copy = join(temporary, name)
    await mkdir(copy)
    await chmod(copy, 0o755)
    for (const part of FOLDERS)
      await copyFolder(join(folder, 'native', part), join(copy, part), signal)
    await makeLinks(folder, copy)
    await moveUnlessThere(copy, join(home, name))
  })
}

/** Renames a folder; does nothing when somebody else's stands there by now. */
export async function moveUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    const taken = ['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES'].includes(errnoOf(error) ?? '')
    if (!taken || !(await stat(to).catch(() => undefined))) throw error
  }
}

async function copyFolder(from: string, to: string, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  await mkdir(to)
  await chmod(to, 0o755)
  const entries = (await readdir(from, {withFileTypes: true})).filter(
    ({name}) => !UNNEEDED.test(name),
  )
  await Promise.all(
    entries.map(async (entry) => {
      const [source, target] = [join(from, entry.name), join(to, entry.name)]
      if (entry.isDirectory()) await copyFolder(source, target, signal)
      else if (!(await copyLink(entry, source, target))) await copyReadable(source, target)
    }),
  )
}

// An absolute link, as a copying tool leaves it, points back into a folder that may be closed or deleted: its file is copied.
async function copyLink(entry: Dirent, source: string, target: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return false
  const to = await readlink(source)
  if (isAbsolute(to)) return false
  await link(to, target)
  return true
}

// The package may have been installed by root under a umask that closes it to the server's user.
async function copyReadable(source: string, target: string): Promise<void> {
  const {mode} = await stat(source)
  const executable = (mode & 0o111) !== 0 || basename(dirname(target)) === 'bin'
  await copyFile(source, target, constants.COPYFILE_FICLONE)
  await chmod(target, executable ? 0o755 : 0o644)
  await flush(target)
}

// Once renamed into place the copy is never looked at again: a power cut must not leave empty files behind.
async function flush(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** `source` is the file, `target` the link, both relative to the package. */
interface Link {
  source: string
  target: string
}

// npm packages cannot hold symbolic links; the package lists its own in this file.
async function makeLinks(folder: string, copy: string): Promise<void> {
  const path = join(folder, 'native', 'pg-symlinks.json')
  const text = await readFile(path, 'utf8').catch(() => '[]')
  const links: Link[] = JSON.parse(text)
  for (const {source, target} of links) {
    const linked = join(copy, relative('native', target))
    await link(relative(dirname(target), source), linked)
  }
}

async function link(source: string, target: string): Promise<void> {
  try {
    await symlink(source, target)
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return
    // Some file systems have no symbolic links.
    await copyFile(join(dirname(target), source), target)
  }
}
