import pg from 'pg'
import {until} from './wait.js'

const KEY = 4711

/** SQL that waits while the gate of its database is closed. */
export const PASS_GATE = `SELECT pg_advisory_xact_lock_shared(${KEY});`

/** SQL that has a COPY into `big` wait at row `n` while the gate is closed. */
export const gateAtRow = (n: number): string => `
CREATE FUNCTION pass_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_advisory_xact_lock_shared(${KEY}); RETURN NEW; END $$;
CREATE TRIGGER gate BEFORE INSERT ON big FOR EACH ROW WHEN (NEW.n = ${n}) EXECUTE FUNCTION pass_gate();
`

export interface Gate {
  /** Waits until a session stands at the gate. */
  reached: () => Promise<void>
  open: () => Promise<void>
}

/** Makes a session that comes to {@link PASS_GATE} wait: a moment in the middle of a file that lasts. */
export async function closeGate(url: string): Promise<Gate> {
  const client = new pg.Client({connectionString: url})
  client.on('error', () => {})
  await client.connect()
  await client.query(`SELECT pg_advisory_lock(${KEY})`)
  const waiting = `SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND objid = ${KEY} AND NOT granted AND state = 'active' AND datname = current_database()`
  return {
    reached: () =>
      until(
        async () => (await client.query(waiting)).rows.length === 1,
        () => 'a session at the gate',
      ),
    open: () => client.end(),
  }
}
