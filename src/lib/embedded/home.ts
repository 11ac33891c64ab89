import {homedir, userInfo} from 'node:os'
import {dirname, isAbsolute, join, resolve} from 'node:path'
import envPaths from 'env-paths'
import {blockingFolder, isRoot, serverAccount} from './account.js'

/** Homes of root's servers lie here when the server's own user could not enter root's home directory. */
const ROOT_HOMES = '/var/lib/cruddur-db'

/**
 * The folder that holds the embedded server: its programs, data, log and port. An absolute path, the same for every
 * command that sees the same environment and user; nothing is created.
 *
 * @param env `CRUDDUR_DB_HOME` names the folder (`~/` is understood); else it is the user's data directory.
 */
export function embeddedHome(env: Readonly<Record<string, string | undefined>>): string {
  const named = env['CRUDDUR_DB_HOME']
  if (named) return resolve(named.replace(/^~(?=\/|$)/, () => homedir()))
  const home = defaultHome()
  if (!isRoot() || canBeEntered(home)) return home
  return join(ROOT_HOMES, home.slice(1).replaceAll('/', '-'))
}

/** PostgreSQL's data directory in a home, whether there is one yet or not. */
export function dataDirectory(home: string): string {
  return join(home, 'data')
}

// HOME or XDG_DATA_HOME can be empty or relative; the data must not depend on the working directory.
function defaultHome(): string {
  const {data} = envPaths('cruddur-db', {suffix: ''})
  return isAbsolute(data) ? data : join(userInfo().homedir, '.local', 'share', 'cruddur-db')
}

function canBeEntered(home: string): boolean {
  return blockingFolder(dirname(home), () => serverAccount(home)) === undefined
}
