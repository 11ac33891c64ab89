import {setTimeout as sleep} from 'node:timers/promises'
import type pg from 'pg'

type Queryable = Pick<pg.Client, 'query'>

/** The two keys of the advisory lock: 'crud' and 'migr' in ASCII. Advisory locks are each database's own. */
const KEYS = [0x63_72_75_64, 0x6d_69_67_72] as const

const POLL_MS = 100

const TRY = `SELECT pg_catalog.pg_try_advisory_lock(${KEYS[0]}, ${KEYS[1]}) AS locked`

/** SQL on pg_locks: the lock, held. */
export const IS_LOCK = `locktype = 'advisory' AND classid = ${KEYS[0]} AND objid = ${KEYS[1]} AND objsubid = 2 AND granted`

const HOLDER = `SELECT l.pid, a.usename AS "user", a.application_name AS app, host(a.client_addr) AS address,
  pg_catalog.to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS since
FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
WHERE ${IS_LOCK} AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())`

interface Holder {
  pid: number
  user: string | null
  app: string | null
  address: string | null
  since: string | null
}

/** Who has the lock, in words; undefined when nobody has it any more. */
async function holderOf(client: Queryable): Promise<string | undefined> {
  const [holder] = (await client.query<Holder>(HOLDER)).rows
  if (!holder) return undefined
  const {address, app, pid, since, user} = holder
  const facts = [
    ...(app ? [app] : []),
    ...(user === null ? [] : [`user ${user}`]),
    ...(address === null ? [] : [address]),
    ...(since === null ? [] : [`connected since ${since} UTC`]),
  ]
  return facts.length > 0 ? `process ${pid} (${facts.join(', ')})` : `process ${pid}`
}

/**
 * Tries once to be the only one that runs migrations on this database. The lock ends with the session, however that ends.
 */
export async function tryLock(client: Queryable): Promise<boolean> {
  return (await client.query<{locked: boolean}>(TRY)).rows[0]?.locked === true
}

/**
 * Tries again until it has the lock, however long that takes. It is asked for again and again, for whoever waits in
 * pg_advisory_lock() has a snapshot, which CREATE INDEX CONCURRENTLY of the one that has the lock would wait for.
 *
 * @param options.onWaiting told who has it, whenever that is somebody else
 * @throws the signal's reason
 */
export async function waitForLock(
  client: Queryable,
  {
    onWaiting,
    signal,
  }: {onWaiting?: ((who: string) => void) | undefined; signal?: AbortSignal | undefined} = {},
): Promise<void> {
  let told: string | undefined
  while (!(await tryLock(client))) {
    const who = await holderOf(client)
    if (who !== undefined && who !== told) onWaiting?.(who)
    told = who ?? told
    await sleep(POLL_MS, undefined, {signal}).catch(() => {})
    signal?.throwIfAborted()
  }
}
