import {execFile, execFileSync} from 'node:child_process'
import {CruddurError} from '../../src/lib/error.js'
import {withClient} from '../../src/lib/postgres/connection/connect.js'
import {resolveTarget} from '../../src/lib/target/target.js'

function isInstalled(): boolean {
  try {
    execFileSync('psql', ['--version'])
    return true
  } catch {
    return false
  }
}

export const hasPsql = isInstalled()

/** Whether the session that asks is encrypted. */
const IS_ENCRYPTED = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'

/**
 * What we make of a URL: `plain`, `tls`, or the error as `CODE reason: message`.
 *
 * @param home the folder whose `.postgresql` is looked into
 */
export async function ourOutcome(url: string, home: string): Promise<string> {
  const context = {env: {}, homeDir: home, osUser: 'tester'}
  try {
    const target = resolveTarget({prod: false, url, command: 'test'}, context)
    if (!target) throw new Error('a URL names a target')
    const {rows} = await withClient(target, (client) => client.query(IS_ENCRYPTED))
    return rows[0]?.ssl ? 'tls' : 'plain'
  } catch (error) {
    if (!(error instanceof CruddurError)) throw error
    const reason = error.data['reason']
    return `${error.code}${reason ? ` ${reason}` : ''}: ${error.message}`
  }
}

/**
 * What psql makes of it.
 *
 * @param home as above
 */
export function psqlOutcome(url: string, home: string): Promise<'plain' | 'tls' | 'refused'> {
  const {PATH = ''} = process.env
  return new Promise((resolve) => {
    execFile(
      'psql',
      ['-XAtw', url, '-c', IS_ENCRYPTED],
      {env: {PATH, HOME: home}},
      (error, stdout) => {
        if (error) resolve('refused')
        else resolve(stdout.trim() === 't' ? 'tls' : 'plain')
      },
    )
  })
}
