import {once} from 'node:events'
import type pg from 'pg'

/** Runs `fn` with a client and closes it afterwards, as `withClient` with its target and options. */
export type Within = (fn: (client: pg.Client) => Promise<void>) => Promise<void>

/** A client that stays open until it is closed. */
export interface Kept {
  /** Fails with what `within` does until there is a client; what that throws later is told to whoever uses the client. */
  client: Promise<pg.Client>
  /** Closes it, also one that is not open yet; what that fails with is not thrown. */
  close(): Promise<void>
}

/** Keeps a client open beyond the function that it is given to. */
export function keepOpen(within: Within): Kept {
  const released = new AbortController()
  let using: Promise<void> = Promise.resolve()
  const client = new Promise<pg.Client>((resolve, reject) => {
    using = within(async (opened) => {
      resolve(opened)
      if (!released.signal.aborted) await once(released.signal, 'abort')
    })
    using.catch(reject)
  })
  return {
    client,
    async close() {
      released.abort()
      await using.catch(() => {})
    },
  }
}
