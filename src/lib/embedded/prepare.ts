import {chmod, mkdir, readdir, realpath, stat} from 'node:fs/promises'
import {dirname} from 'node:path'
import {
  type Account,
  blockingFolder,
  give,
  isRoot,
  nearestFolder,
  pathTo,
  serverAccount,
} from './account.js'
import {badHome, errnoOf} from './errors.js'

/** Where a server is to run. */
export interface Place {
  /** The home, without symbolic links. */
  home: string
  /** The user PostgreSQL runs under; absent: our own. */
  account: Account | undefined
}

/** PostgreSQL cuts paths at 1,024 bytes (MAXPGPATH); the longest file under the home adds about 130. */
const LONGEST_HOME = 850

/** What we put into a home. */
const OURS = /^(data|port|server\.log(\.1)?|postgresql-.*|\.tmp-.*)$/

/**
 * Creates the home where it is missing and makes sure that the server's user can get to it. As root, the home stays
 * root's: the server's user owns nothing but the data, so that no symbolic link of its making is ever followed by root.
 *
 * @throws CruddurError `EMBEDDED_HOME_INVALID` (a name PostgreSQL cannot use), `EMBEDDED_HOME_NOT_ENTERABLE`
 */
export async function prepareHome(home: string): Promise<Place> {
  checkName(home)
  const account = isRoot() ? serverAccount(home) : undefined
  await makeFolders(home, account)
  const real = await realpath(home)
  checkName(real)
  if (account) {
    refuseBlocked(dirname(real), account)
    await letPass(real)
    refuseBlocked(real, account)
  }
  return {home: real, account}
}

// initdb hands its paths to a shell, inside double quotes; postmaster.pid has a path on a line of its own.
function checkName(home: string): void {
  const character = process.platform === 'win32' ? undefined : /["$`\\\r\n]/.exec(home)?.[0]
  if (character !== undefined) {
    const shown = JSON.stringify(character).slice(1, -1)
    throw badHome(
      'EMBEDDED_HOME_INVALID',
      `PostgreSQL cannot run in a folder with ${shown} in its path: ${home}`,
    )
  }
  if (Buffer.byteLength(home) > LONGEST_HOME) {
    throw badHome(
      'EMBEDDED_HOME_INVALID',
      `the path of the embedded server's folder is too long for PostgreSQL (over ${LONGEST_HOME} bytes): ${home}`,
    )
  }
}

// Not by mkdir's `recursive`: Node 20 reports ENOENT then where the disk is read-only.
async function makeFolders(home: string, account: Account | undefined): Promise<void> {
  const nearest = nearestFolder(home)
  const ownerAbove = (await stat(nearest)).uid
  for (const folder of pathTo(home).slice(pathTo(nearest).length)) {
    await mkdir(folder, {mode: 0o700}).catch(ignoreExisting)
    if (!account) continue
    await chmod(folder, 0o755)
    // In a user's home directory, root's command must not leave folders that are closed to that user.
    if (ownerAbove === account.uid) await give(folder, account)
  }
}

function ignoreExisting(error: unknown): void {
  if (errnoOf(error) !== 'EEXIST') throw error
}

/** As root: lets other users pass through a home of root's with nothing but ours in it, such as `mktemp -d` makes. */
async function letPass(home: string): Promise<void> {
  const {uid, mode} = await stat(home)
  const isPassable = (mode & 0o001) !== 0
  if (uid !== 0 || isPassable) return
  const content = await readdir(home)
  if (content.every((name) => OURS.test(name))) await chmod(home, (mode & 0o7777) | 0o011)
}

function refuseBlocked(folder: string, account: Account): void {
  const blocked = blockingFolder(folder, () => account)
  if (blocked === undefined) return
  throw badHome(
    'EMBEDDED_HOME_NOT_ENTERABLE',
    `PostgreSQL does not run as root, and user ${account.uid}, which it would run as, may not enter ${blocked}`,
  )
}
