import type pg from 'pg'
import {together} from '../pipelining.js'
import {askLoginSettings, outlivesDiscard} from '../postgres/login-settings.js'
import {IS_LOCK} from './lock.js'

/** What DISCARD ALL does (its page in the reference), but for the advisory locks, ours among them. */
const RESET = `CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ROLE; RESET ALL; DEALLOCATE ALL; UNLISTEN *;
DISCARD PLANS; DISCARD TEMP; DISCARD SEQUENCES`

/** True when the session has our lock, and no other advisory lock. */
const LOCKED = `SELECT count(*) = 1 AND bool_and(${IS_LOCK}) AS locked FROM pg_catalog.pg_locks
WHERE locktype = 'advisory' AND pid = pg_catalog.pg_backend_pid()`

/** Takes back what a migration has left in the session, the lock excepted. */
export async function resetSession(client: pg.Client): Promise<void> {
  await client.query(RESET)
}

/** What is known of a session, to see whether it can serve the next migration as a new one would. */
export interface SessionCheck {
  /** To be told the statements that are sent. */
  onStatements: (sql: string) => void
  /**
   * Resets the session: what it asks is sent at once, in the client's pipeline.
   *
   * @returns whether it is now as it was in the beginning; else the next migration needs another one
   */
  renew: () => Promise<boolean>
}

/** Looks at the session, which has the lock. */
export function checkSession(client: pg.Client): SessionCheck {
  const asking = askLoginSettings(client)
  let marked = false
  return {
    onStatements: (sql) => {
      marked ||= outlivesDiscard(sql)
    },
    renew: async () => {
      try {
        const [, after, {rows}] = await together([
          resetSession(client),
          askLoginSettings(client),
          client.query<Locked>(LOCKED),
        ])
        return (
          !marked && after !== undefined && after === (await asking) && rows[0]?.locked === true
        )
      } catch {
        // Whether it is lost will be seen by whoever uses it; a new one does in any case.
        return false
      }
    },
  }
}

interface Locked {
  locked: boolean
}
