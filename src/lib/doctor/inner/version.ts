import {instanceAt, instanceCommand} from '../../aws/instance-command.js'
import {instanceDefaults} from '../../aws/instance-settings.js'
import type {Target} from '../../target/target.js'
import type {Check, Finding} from '../check.js'
import type {Facts} from '../facts.js'
import {ok, warn} from '../findings.js'
import {serverOf, targetOf} from './known.js'

/** The day of each major version's final release (https://www.postgresql.org/support/versioning/, as of November 2025). */
const FINAL_RELEASES: Readonly<Record<number, string>> = {
  13: '2025-11-13',
  14: '2026-11-12',
  15: '2027-11-11',
  16: '2028-11-09',
  17: '2029-11-08',
  18: '2030-11-14',
}

const MAJORS = Object.keys(FINAL_RELEASES).map(Number)
const OLDEST = Math.min(...MAJORS)
const NEWEST = Math.max(...MAJORS)

/** Months before the end in which to move is no haste yet. */
const MONTHS = 6

function upgrade({hosts}: Target, major: number): string {
  const [instance] = hosts.flatMap((host) => instanceAt(host) ?? [])
  const offered = instanceDefaults['engine-version']
  if (!instance || major >= Number(offered)) {
    return `move to PostgreSQL ${NEWEST}: pg_dump from the old server, restore into the new one (https://www.postgresql.org/docs/current/upgrading.html)`
  }
  const options = `--engine-version ${offered} --allow-major-version-upgrade`
  return instanceCommand(instance, 'modify-db-instance', options)
}

/**
 * @param server `number`: its server_version_num, 150018; `text`: its server_version, `15.18 (Debian …)`
 * @param today what is compared with the final releases
 */
export function judgeVersion(
  server: {number: number; text: string},
  target: Target,
  today: Date,
): Finding {
  const major = Math.floor(server.number / 10_000)
  const name = `PostgreSQL ${server.text.split(' ')[0]}`
  const end = FINAL_RELEASES[major]
  if (end === undefined) {
    if (major > OLDEST) return ok(name)
    const message = `${name} is no longer supported: nobody closes its security holes any more`
    return warn(message, upgrade(target, major))
  }
  const soon = new Date(today)
  soon.setUTCMonth(soon.getUTCMonth() + MONTHS)
  if (new Date(end) < today) {
    const message = `${name} has not been supported since ${end}: nobody closes its security holes any more`
    return warn(message, upgrade(target, major))
  }
  if (new Date(end) < soon) {
    return warn(`${name} is supported until ${end} only`, upgrade(target, major))
  }
  return ok(`${name}, supported until ${end}`)
}

export async function readVersion(facts: Facts): Promise<{number: number; text: string}> {
  const {rows} = await serverOf(facts).query<{number: number; text: string}>(
    `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS text`,
  )
  const [version] = rows
  if (!version) throw new Error('a SELECT without FROM gives one row')
  return version
}

export const versionCheck: Check<Facts> = {
  name: 'version',
  layer: 'server',
  needs: ['login'],
  run: async (facts) => judgeVersion(await readVersion(facts), targetOf(facts), new Date()),
}
