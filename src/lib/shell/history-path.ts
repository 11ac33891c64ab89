import {createHash} from 'node:crypto'
import {isAbsolute, join} from 'node:path'
import {describeTarget, type Target} from '../target/target.js'

/** Variables as XDG and Windows have them; undefined where none names an absolute folder. */
function stateFolder(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const {HOME, LOCALAPPDATA, XDG_STATE_HOME} = env
  const state = XDG_STATE_HOME || LOCALAPPDATA || (HOME && join(HOME, '.local', 'state'))
  return state && isAbsolute(state) ? join(state, 'cruddur-db', 'history') : undefined
}

/**
 * The file that keeps what was typed to a target. Its name tells which to a person, and by a hash every other one apart: user,
 * hosts and database.
 *
 * @param kind whose file: psql writes another format
 * @returns undefined where there is no place for it
 */
export function historyPath(
  target: Target,
  env: Readonly<Record<string, string | undefined>>,
  kind: 'shell' | 'psql',
): string | undefined {
  const folder = stateFolder(env)
  if (!folder) return undefined
  const hash = createHash('sha256').update(describeTarget(target)).digest('hex').slice(0, 12)
  const name = target.database.replaceAll(/[^\w-]/g, '_').slice(0, 40)
  return join(folder, `${name}-${hash}.${kind}`)
}
