import type pg from 'pg'

/** A server says goodbye in a round trip; one that hangs never does. */
const GOODBYE_MS = 1000
/** After a signal all is to be over soon. */
const HURRIED_MS = 200

/** Closes a connection in order; cuts it when the server does not answer that, after 1 s, or 0.2 s in a hurry. */
export async function closeClient(client: pg.Client, hurry = false): Promise<void> {
  const {stream} = client.connection
  const cut = setTimeout(() => stream.destroy(), hurry ? HURRIED_MS : GOODBYE_MS)
  try {
    await client.end()
  } finally {
    clearTimeout(cut)
  }
}
