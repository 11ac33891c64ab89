import type pg from 'pg'
import {plural} from '../../plural.js'
import {withMaintenanceClient} from '../../postgres/connection/connect.js'
import type {Verify} from '../../postgres/identity.js'
import {type Session, terminateSessions} from '../../postgres/sessions.js'
import {listSessions} from '../../postgres/sessions-list.js'
import type {Target} from '../../target/target.js'
import {agree} from '../agree.js'
import type {FileConnection} from '../files.js'
import {terminationPlan} from '../termination-plan.js'

/** Ends what was agreed to, as it was shown, and gives the process ids of those that were not there any more. */
export type Ends = (client: pg.Client) => Promise<number[]>

interface Request {
  count: number
  confirm: string | undefined
  /** The sessions as they are, to be shown; called only when somebody is asked. */
  find: () => Promise<Session[]>
}

async function agreeTo(
  target: Target,
  {confirm, count, find}: Request,
  connection: FileConnection,
): Promise<Verify> {
  // A session to end may be in any database of the server, production's among them.
  const guarded = {...target, production: target.productionServer}
  const plan = async () => terminationPlan(await find())
  const act = `end ${plural(count, 'session')}`
  const {verify} = await agree(guarded, {act, confirm, dryRun: false, plan}, connection)
  return verify
}

/**
 * Consent to ending sessions by process id: shows those that are there, and asks where the server is production's.
 *
 * @throws CruddurError NOT_CONFIRMED (exit 4)
 */
export async function agreeToEnd(
  target: Target,
  pids: readonly number[],
  confirm: string | undefined,
  connection: FileConnection,
): Promise<Ends> {
  let shown: Session[] | undefined
  const find = async (): Promise<Session[]> => {
    const list = (client: pg.Client) => listSessions(client, {all: false, statements: false})
    const {sessions} = await withMaintenanceClient(target, list, {...connection, looks: true})
    shown = sessions.filter(({process_id}) => pids.includes(process_id))
    return shown
  }
  const verify = await agreeTo(target, {count: pids.length, confirm, find}, connection)
  return async (client) => {
    await verify(client)
    return terminateSessions(client, pids, shown)
  }
}

/** {@link agreeToEnd} of one session that is on the screen: nothing is ended that has got its number since. */
export async function agreeToEndShown(
  target: Target,
  session: Session,
  connection: FileConnection,
): Promise<Ends> {
  const find = async (): Promise<Session[]> => [session]
  const verify = await agreeTo(target, {count: 1, confirm: undefined, find}, connection)
  return async (client) => {
    await verify(client)
    return terminateSessions(client, [session.process_id], [session])
  }
}
