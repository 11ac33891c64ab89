import type pg from 'pg'
import {inPipeline, together} from '../pipelining.js'
import {refusePooled} from '../postgres/connection/pooler.js'
import type {Verify} from '../postgres/identity.js'
import {type CommandLine, plainCommand} from '../target/again.js'
import type {Target} from '../target/target.js'
import {type History, readHistory} from './history.js'
import {tryLock, waitForLock} from './lock.js'

interface LockOptions {
  /** Told that somebody else is waited for: it may be for ever. */
  onNote?: ((note: string) => void) | undefined
  /** Told who that is from then on, whenever it is another one. */
  onWaiting?: ((reason: string) => void) | undefined
  /** Makes the command of that note. */
  command?: CommandLine | undefined
  signal?: AbortSignal | undefined
  verify?: Verify | undefined
}

/**
 * Makes sure that the connection leads where it should, takes the lock, waiting for whoever has it, and reads what has run.
 *
 * @throws CruddurError what `verify` throws, POOLED_CONNECTION, HISTORY_INVALID; the signal's reason
 */
export async function lockAndRead(
  client: pg.Client,
  target: Target,
  options: LockOptions,
): Promise<History> {
  const {signal, verify} = options
  const found = await verify?.(client)
  await refusePooled(client, target, 'migrations', {signal, ...found})
  const [locked, history] = await inPipeline(client, () =>
    together([tryLock(client), readHistory(client).catch((error: unknown) => ({error}))]),
  )
  if (!locked) {
    await waitForLock(client, {signal, onWaiting: tellOf(options)})
    return await readHistory(client)
  }
  if ('error' in history) throw history.error
  return history
}

function tellOf({command = plainCommand, onNote, onWaiting}: LockOptions): (who: string) => void {
  let told = false
  return (who) => {
    const what = `other migrations run on this database: ${who}; see ${command('sessions')}`
    if (told) onWaiting?.(what)
    else onNote?.(`waiting: ${what}`)
    told = true
  }
}
