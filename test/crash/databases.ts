import pg from 'pg'
import {expect} from 'vitest'
import {temporaryName} from '../../src/lib/postgres/rebuild/names.js'
import {type Content, contentOf, PROPERTIES_OF} from './content.js'
import {OLD} from './files.js'
import type {CrashServer} from './server.js'

/** The embedded server's default, so that the program needs no URL to find it. */
export const DATABASE = 'cruddur'

const TEMPLATE = 'crash_old'
const OWNER = 'crash_owner'

/**
 * Others' databases, named like ours: as what a setup of another database leaves, as what one of this database leaves,
 * but without the comment that says so, and as one that somebody kept.
 */
const BYSTANDERS = [
  'cruddur.old-00000000-abcdef',
  temporaryName(DATABASE, 'old'),
  'cruddur_20200101_000000',
]
const THEIRS = 'CREATE TABLE theirs (n int); INSERT INTO theirs VALUES (1)'
const THERE = ['postgres', 'template0', 'template1', TEMPLATE, ...BYSTANDERS]

const RESTORE = `CREATE DATABASE ${DATABASE} TEMPLATE ${TEMPLATE}`
const PROPERTIES = `ALTER DATABASE ${DATABASE} OWNER TO ${OWNER};
ALTER DATABASE ${DATABASE} SET work_mem = '5MB';
ALTER ROLE ${OWNER} IN DATABASE ${DATABASE} SET search_path = public;
ALTER DATABASE ${DATABASE} CONNECTION LIMIT 50;
REVOKE CONNECT ON DATABASE ${DATABASE} FROM PUBLIC;
COMMENT ON DATABASE ${DATABASE} IS 'what there is to lose'`

/** The databases of a server that the program is let loose on. */
export interface Databases {
  /** Brings the old one back, with `old` false none at all, and removes what was not there at the beginning. */
  reset: (options: {old: boolean}) => Promise<void>
  content: (name: string) => Promise<Content>
  /** What is set for {@link DATABASE} as a whole. */
  properties: () => Promise<string>
  /** Beside {@link DATABASE}, those that were not there at the beginning, by name, with their comments. */
  others: () => Promise<Map<string, string>>
  /** Fails when something has happened to a database of others. */
  expectBystanders: () => Promise<void>
}

const OTHERS = `SELECT datname, coalesce(shobj_description(oid, 'pg_database'), '') AS comment
FROM pg_database ORDER BY datname`

/** Makes the old database, and others' beside it. */
export async function makeDatabases({connect, query}: CrashServer): Promise<Databases> {
  await query(`CREATE ROLE ${OWNER}`)
  for (const name of [TEMPLATE, ...BYSTANDERS]) {
    await query(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE template0`)
    await query(name === TEMPLATE ? OLD : THEIRS, name)
  }
  const content = (name: string): Promise<Content> => contentOf(connect, name)
  const theirs = await content('cruddur_20200101_000000')
  const notThere = async (...there: string[]): Promise<Map<string, string>> => {
    const rows = (await query(OTHERS)).filter(({datname}) => !there.includes(datname))
    return new Map(rows.map(({datname, comment}) => [datname, comment]))
  }
  return {
    reset: async ({old}) => {
      for (const name of (await notThere(...THERE)).keys())
        await query(`DROP DATABASE ${pg.escapeIdentifier(name)} WITH (FORCE)`)
      if (!old) return
      await query(RESTORE)
      await query(PROPERTIES)
    },
    content,
    properties: async () => JSON.stringify(await query(`${PROPERTIES_OF} '${DATABASE}'`)),
    others: () => notThere(...THERE, DATABASE),
    expectBystanders: async () => {
      for (const name of BYSTANDERS) expect(await content(name), name).toBe(theirs)
    },
  }
}
