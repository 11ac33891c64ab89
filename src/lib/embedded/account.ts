import {spawnSync} from 'node:child_process'
import {type Stats, statSync} from 'node:fs'
import {chown} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {CruddurError} from '../error.js'
import {errnoOf, OTHER_SERVER_HINT} from './errors.js'

/** A user of the operating system, as PostgreSQL's processes are to run under. */
export interface Account {
  uid: number
  gid: number
}

/** PostgreSQL refuses to run as root, so root has to lend it another user. */
export function isRoot(): boolean {
  return process.getuid?.() === 0
}

/**
 * The user PostgreSQL runs under when root starts it: the owner of the data directory; else the owner of the home, or of
 * the nearest folder above that exists (with `sudo` that keeps HOME: the person behind it); else `postgres`, else `nobody`.
 */
export function serverAccount(home: string): Account {
  const dataOwner = ownerOf(join(home, 'data'))
  if (dataOwner) return dataOwner
  const folderOwner = ownerOf(nearestFolder(home))
  if (folderOwner && hasName(folderOwner)) return folderOwner
  return lookUp('postgres') ?? lookUp('nobody') ?? {uid: 65534, gid: 65534}
}

/** The first folder on the way to `folder`, itself included, that `account` may not enter. Folders that do not exist do not count. */
export function blockingFolder(folder: string, account: () => Account): string | undefined {
  return pathTo(folder).find((step) => {
    const stats = statSync(step, {throwIfNoEntry: false})
    return stats !== undefined && !mayEnter(stats, account)
  })
}

/** `folder` when it exists, else the nearest one above it that does. */
export function nearestFolder(folder: string): string {
  return pathTo(folder).findLast((step) => statSync(step, {throwIfNoEntry: false})) ?? folder
}

/** `/`, `/a`, `/a/b` for `/a/b`. */
export function pathTo(folder: string): string[] {
  const parent = dirname(folder)
  return parent === folder ? [folder] : [...pathTo(parent), folder]
}

/**
 * Makes `path` the account's own.
 *
 * @throws CruddurError `EMBEDDED_CANNOT_RUN` where root is not allowed that, as in some containers
 */
export async function give(path: string, {uid, gid}: Account): Promise<void> {
  try {
    await chown(path, uid, gid)
  } catch (error) {
    if (!['EINVAL', 'EPERM'].includes(errnoOf(error) ?? '')) throw error
    throw new CruddurError(
      'EMBEDDED_CANNOT_RUN',
      `PostgreSQL does not run as root, and this root may not give ${path} to user ${uid}, which it would run as`,
      {exit: 2, hint: OTHER_SERVER_HINT, cause: error},
    )
  }
}

// The account costs two processes to find out, and most folders are root's own, where it makes no difference: no account
// we choose is root or in its group.
function mayEnter({uid, gid, mode}: Stats, account: () => Account): boolean {
  if (uid === 0 && gid === 0) return (mode & 0o001) !== 0
  const who = account()
  if (uid === who.uid) return (mode & 0o100) !== 0
  return (mode & (gid === who.gid ? 0o010 : 0o001)) !== 0
}

function ownerOf(path: string): Account | undefined {
  const stats = statSync(path, {throwIfNoEntry: false})
  return stats && stats.uid !== 0 ? {uid: stats.uid, gid: stats.gid} : undefined
}

// initdb refuses a user without a name, as the owner of a folder mounted into a container often is.
function hasName({uid, gid}: Account): boolean {
  return spawnSync('id', ['-un'], {uid: uid | 0, gid: gid | 0, stdio: 'ignore'}).status === 0
}

function lookUp(name: string): Account | undefined {
  const uid = idOf('-u', name)
  const gid = idOf('-g', name)
  return uid && gid ? {uid, gid} : undefined
}

function idOf(flag: '-u' | '-g', name: string): number | undefined {
  const {status, stdout} = spawnSync('id', [flag, name], {encoding: 'utf8'})
  return status === 0 ? Number(stdout) : undefined
}
