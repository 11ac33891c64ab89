import {randomInt} from 'node:crypto'
import {connect} from './postgres.js'

export interface SharedGate {
  /** SQL that waits while the gate is closed, in whichever database of the server. */
  pass: string
  open: () => Promise<void>
}

/** Makes the files of a setup wait, which run in a database that nobody knows beforehand: {@link closeGate} is one database's. */
export async function closeSharedGate(): Promise<SharedGate> {
  const client = await connect('postgres')
  const key = randomInt(2 ** 31)
  await client.query(`SELECT pg_advisory_lock(${key})`)
  const closed = `SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = ${key} AND classid = 0`
  return {
    pass: `DO $$BEGIN WHILE EXISTS (${closed}) LOOP PERFORM pg_sleep(0.02); END LOOP; END$$;`,
    open: () => client.end(),
  }
}
