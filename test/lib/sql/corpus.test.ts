import {existsSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {expect, test} from 'vitest'
import {readSqlFile} from '../../../src/lib/sql/file.js'
import {runSqlFiles} from '../../../src/lib/sql/run.js'
import {connect, query, urlOf, withDatabase} from '../../support/postgres.js'
import {run} from './psql.js'
import {errorOf, placeOf} from './support.js'

/** Real files from elsewhere, where they are at hand. */
const CORPUS = fileURLToPath(new URL('../../../../shared/corpus', import.meta.url))

async function loadedByUs(name: string, database: string): Promise<void> {
  const file = await readSqlFile(name, {cwd: CORPUS})
  const client = await connect(database)
  try {
    await runSqlFiles(client, [file], {transaction: true})
  } finally {
    await client.end()
  }
}

/** What a database holds, table by table, and its functions, triggers and indexes. */
async function contentOf(database: string): Promise<unknown> {
  const tables = await query(
    `SELECT schemaname, relname, (xpath('/row/n/text()',
              query_to_xml(format('SELECT concat_ws('' '', count(*), sum(hashtext(t::text))) AS n FROM %I.%I t', schemaname, relname), true, true, '')))[1]::text AS rows
     FROM pg_stat_user_tables ORDER BY 1, 2`,
    database,
  )
  const rest = await query(
    `SELECT 'index' AS kind, indexdef AS text FROM pg_indexes WHERE schemaname = 'public'
     UNION ALL SELECT 'trigger', pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
     UNION ALL SELECT 'function', prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
     UNION ALL SELECT 'constraint', pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
     ORDER BY 1, 2`,
    database,
  )
  return {tables, rest}
}

test.skipIf(!existsSync(CORPUS)).for(['northwind_psql.sql', 'danbooru_structure.sql'])(
  '%s loads as psql loads it',
  async (name, context) => {
    const path = `${CORPUS}/${name}`
    await withDatabase(async (ours) => {
      await withDatabase(async (theirs) => {
        await loadedByUs(name, ours)
        const psql = ['-X', '-1', '-v', 'ON_ERROR_STOP=1', '-f', path, urlOf(theirs)]
        if (!(await run('psql', psql))) return context.skip('psql is not installed')
        expect(await contentOf(ours)).toEqual(await contentOf(theirs))
      })
    })
  },
)

test.skipIf(!existsSync(CORPUS))('a dump with COPY blocks is refused at the first', async () => {
  const error = await errorOf(() => readSqlFile('neon_chinook.sql', {cwd: CORPUS}))
  expect(error.code).toBe('SQL_UNSUPPORTED')
  expect(placeOf(error)).toBe('neon_chinook.sql:177:1')
})
