import type pg from 'pg'
import {IS_CLIENT} from '../../postgres/sessions.js'
import type {Check, Finding} from '../check.js'
import type {Facts} from '../facts.js'
import {fail, ok, together, warn} from '../findings.js'
import {command} from '../words.js'
import {serverOf} from './known.js'

interface Use {
  max: number
  /** Kept for superusers, and from PostgreSQL 16 on for pg_use_reserved_connections; RDS keeps some for its own roles. */
  reserved: number
  used: number
  /** Sessions of which this role may not see what they do. */
  hidden: number
}

const RESERVED = [
  'superuser_reserved_connections',
  'reserved_connections',
  'rds.rds_superuser_reserved_connections',
].map((name) => `coalesce(nullif(current_setting('${name}', true), '')::int, 0)`)

/** To a role without pg_monitor other roles' sessions show little more than whose they are. */
const USE = `SELECT current_setting('max_connections')::int AS max, ${RESERVED.join(' + ')} AS reserved,
  count(*)::int AS used, (count(*) FILTER (WHERE query = '<insufficient privilege>'))::int AS hidden
FROM pg_stat_activity
WHERE ${IS_CLIENT}`

interface Idler {
  pid: number
  user: string
  seconds: number
}

const IDLERS = `SELECT pid, usename AS "user", extract(epoch FROM now() - state_change)::int AS seconds
FROM pg_stat_activity
WHERE starts_with(state, 'idle in transaction') AND now() - state_change >= make_interval(secs => $1)
ORDER BY state_change, pid`

/** From this share of the connections on the next burst of requests may find none. */
const HIGH = 0.8
const LONG_S = 5 * 60

function judgeUse({max, reserved, used}: Use, facts: Facts): Finding[] {
  const free = max - reserved
  const fix = `see whose they are and end those that are not needed: ${command(facts, 'sessions')}`
  const count = `${used} of ${max} connections are in use, ${reserved} are reserved`
  if (used >= free) return [fail(`${count}: applications get none any more`, fix)]
  return used >= HIGH * free ? [warn(`${count}: soon applications get none`, fix)] : []
}

function judgeIdlers(idlers: readonly Idler[], facts: Facts): Finding[] {
  if (idlers.length === 0) return []
  const told = idlers.map(
    ({pid, user, seconds}) =>
      `process ${pid} of "${user}" has left a transaction open for ${Math.round(seconds / 60)} min`,
  )
  const words = idlers.map(({pid}) => `--terminate ${pid}`).join(' ')
  const message = `${told.join(', ')}: its locks keep others waiting`
  return [warn(message, command(facts, `sessions ${words}`))]
}

async function look(client: pg.Client, facts: Facts, longSeconds: number): Promise<Finding> {
  const {rows} = await client.query<Use>(USE)
  const idlers = (await client.query<Idler>(IDLERS, [longSeconds])).rows
  const [use] = rows
  if (!use) throw new Error('a count gives one row')
  const {hidden, max, reserved, used} = use
  const veiled = hidden > 0 ? `; of ${hidden} this role may not see what they do (pg_monitor)` : ''
  const fine = ok(`${used} of ${max} connections are in use, ${reserved} are reserved${veiled}`)
  return together([...judgeUse(use, facts), ...judgeIdlers(idlers, facts)], fine)
}

/** @param longSeconds from when on a transaction that is left open is worth a word */
export function connectionsCheck(longSeconds = LONG_S): Check<Facts> {
  return {
    name: 'connections',
    layer: 'server',
    needs: ['login'],
    run: (facts) => look(serverOf(facts), facts, longSeconds),
  }
}
