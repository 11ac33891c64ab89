import type pg from 'pg'
import type {PoolPage, PoolUser} from '../aws/cognito.js'
import {copyIn} from '../sql/copy-in.js'

/** Users of a pool, counted. */
export interface PoolTally {
  users: number
  /** Left out: anybody can begin to sign up under anybody's handle. */
  unconfirmed: number
  /** Left out: there is nothing to find a row by. */
  withoutHandle: number
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

const empty = (): PoolTally => ({users: 0, unconfirmed: 0, withoutHandle: 0, disabled: 0})

async function* once(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text)
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
  let rows = ''
  const flush = async (): Promise<void> => {
    if (rows !== '') await copyIn(client, COPY, once(rows))
    rows = ''
  }
  for await (const {first, users} of pages) {
    if (first && tally.users > 0) await client.query('TRUNCATE pg_temp.cruddur_pool')
    if (first) [tally, rows] = [empty(), '']
    for (const user of users) {
      count(tally, user)
      if (user.confirmed && usable(user.handle)) rows += rowOf(user.handle, user.sub)
    }
    onUsers?.(tally.users)
    if (rows.length >= BATCH_BYTES) await flush()
  }
  await flush()
  return tally
}
