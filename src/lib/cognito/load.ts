import type pg from 'pg'
import type {PoolPage, PoolUser} from '../aws/cognito.js'
import {isServerError} from '../server-error.js'
import {copyIn} from '../sql/copy-in.js'

/** Users of a pool, counted. */
export interface PoolTally {
  users: number
  /** Left out: anybody can begin to sign up under anybody's handle. */
  unconfirmed: number
  /** Left out: there is nothing to find a row by. */
  withoutHandle: number
  /** Left out: their handles are in no row, for the database's encoding has not all characters of them. */
  notEncodable: number
  /** Of those that are compared: nobody can sign in as them at the moment, but their rows are theirs. */
  disabled: number
}

/** Compared byte by byte, whatever the database makes of small and capital letters. */
const CREATE = `CREATE TEMP TABLE cruddur_pool (handle text COLLATE "C" NOT NULL, sub text COLLATE "C" NOT NULL)`
const COPY = 'COPY pg_temp.cruddur_pool (handle, sub) FROM stdin'

/** One COPY takes some thousand users: a statement that lasts as long as the pool is read would meet `statement_timeout`. */
const BATCH_BYTES = 256 * 1024

const ESCAPES: Record<string, string> = {'\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r'}

function rowOf(handle: string, sub: string): string {
  return `${handle.replace(/[\\\t\n\r]/g, (each) => ESCAPES[each] ?? each)}\t${sub}\n`
}

/** What can be in a column of text: PostgreSQL has no NUL in one, and half a surrogate pair would become another character. */
function usable(handle: string | undefined): handle is string {
  return handle !== undefined && handle !== '' && !/[\0\p{Cs}]/u.test(handle)
}

function count(tally: PoolTally, {confirmed, enabled, handle}: PoolUser): void {
  tally.users += 1
  if (!confirmed) tally.unconfirmed += 1
  else if (!usable(handle)) tally.withoutHandle += 1
  else if (!enabled) tally.disabled += 1
}

const empty = (): PoolTally => ({
  users: 0,
  unconfirmed: 0,
  withoutHandle: 0,
  notEncodable: 0,
  disabled: 0,
})

async function* once(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text)
}

const UNTRANSLATABLE = '22P05'

/**
 * Sends these rows, but for those that the server's encoding has no characters for: it names the character, not the row, so
 * that they are looked for by halves.
 *
 * @returns how many were left out
 */
async function send(client: pg.Client, rows: readonly string[]): Promise<number> {
  if (rows.length === 0) return 0
  try {
    await copyIn(client, COPY, once(rows.join('')))
    return 0
  } catch (error) {
    if (!isServerError(error) || error.code !== UNTRANSLATABLE) throw error
    if (rows.length === 1) return 1
    const half = rows.length >> 1
    return (await send(client, rows.slice(0, half))) + (await send(client, rows.slice(half)))
  }
}

export interface LoadOptions {
  /** Told how many users have been read so far: first of none, when the first are asked for. */
  onUsers?: ((users: number) => void) | undefined
}

/**
 * Puts the users of a pool that can be matched into `pg_temp.cruddur_pool`, which it makes; in memory are a few thousand.
 *
 * @param client not in a pipeline, and not in a transaction
 * @throws what reading the pages or the server fails with
 */
export async function loadPool(
  client: pg.Client,
  pages: AsyncIterable<PoolPage>,
  {onUsers}: LoadOptions = {},
): Promise<PoolTally> {
  await client.query(CREATE)
  onUsers?.(0)
  let tally = empty()
  let rows: string[] = []
  let length = 0
  const flush = async (): Promise<void> => {
    tally.notEncodable += await send(client, rows)
    rows = []
    length = 0
  }
  for await (const {first, users} of pages) {
    if (first && tally.users > 0) await client.query('TRUNCATE pg_temp.cruddur_pool')
    if (first) [tally, rows, length] = [empty(), [], 0]
    for (const user of users) {
      count(tally, user)
      if (!user.confirmed || !usable(user.handle)) continue
      const row = rowOf(user.handle, user.sub)
      rows.push(row)
      length += row.length
    }
    onUsers?.(tally.users)
    if (length >= BATCH_BYTES) await flush()
  }
  await flush()
  return tally
}
