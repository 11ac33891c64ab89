import type {Socket} from 'node:net'
import type pg from 'pg'

/** A server says goodbye in a round trip; one that hangs never does. */
const GOODBYE_MS = 1000
/** After a signal all is to be over soon. */
const HURRIED_MS = 200

/** Closes a connection in order; cuts it when the server does not answer that, after 1 s, or 0.2 s in a hurry. */
export async function closeClient(client: pg.Client, hurry = false): Promise<void> {
  await end(
    client,
    setTimeout(() => cut(client), hurry ? HURRIED_MS : GOODBYE_MS),
  )
}

/** Says goodbye and does not wait for the server's, which takes a round trip: the process may end before it comes. */
export function leaveClient(client: pg.Client): void {
  socketOf(client).unref()
  void end(client, setTimeout(() => cut(client), GOODBYE_MS).unref())
}

async function end(client: pg.Client, cutting: NodeJS.Timeout): Promise<void> {
  try {
    await client.end()
  } finally {
    clearTimeout(cutting)
  }
}

function cut(client: pg.Client): void {
  socketOf(client).destroy()
}

function socketOf({connection}: pg.Client): Socket {
  return connection.stream as Socket
}
