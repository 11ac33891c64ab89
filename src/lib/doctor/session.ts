import type pg from 'pg'
import type {Facts} from './facts.js'

/** Runs `fn` with a client and closes it afterwards, as `withClient` with its target and options. */
type Within = (fn: (client: pg.Client) => Promise<void>) => Promise<void>

/**
 * Opens a client that stays open until doctor ends.
 *
 * @throws what `within` throws until it has a client; what it throws later is that of whoever uses the client
 */
export function openSession(within: Within, {atEnd}: Pick<Facts, 'atEnd'>): Promise<pg.Client> {
  return new Promise((resolve, reject) => {
    let end = (): void => {}
    const ended = new Promise<void>((close) => {
      end = close
    })
    const session = within(async (client) => {
      resolve(client)
      await ended
    })
    atEnd(async () => {
      end()
      await session.catch(() => {})
    })
    session.catch(reject)
  })
}
