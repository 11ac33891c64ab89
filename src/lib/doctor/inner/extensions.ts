import {CruddurError} from '../../error.js'
import {isRdsHost} from '../../target/production.js'
import type {Target} from '../../target/target.js'
import type {Check, Finding} from '../check.js'
import type {Facts} from '../facts.js'
import {fail, few, ok, skipped} from '../findings.js'
import {sqlName} from '../words.js'
import type {Catalogue} from './catalogue.js'
import {databaseOf, isCurable, targetOf} from './known.js'
import {readSchemaFile} from './schema-file.js'

/** Those that come with PostgreSQL's own sources, as one package (PostgreSQL documentation, appendix F). */
const CONTRIB = new Set(
  `amcheck autoinc bloom btree_gin btree_gist citext cube dblink dict_int dict_xsyn earthdistance file_fdw fuzzystrmatch
  hstore insert_username intagg intarray isn lo ltree moddatetime pageinspect pg_buffercache pg_freespacemap pg_prewarm
  pg_stat_statements pg_surgery pg_trgm pg_visibility pg_walinspect pgcrypto pgrowlocks pgstattuple postgres_fdw refint seg
  sslinfo tablefunc tcn tsm_system_rows tsm_system_time unaccent uuid-ossp xml2`.split(/\s+/),
)

interface Extension {
  name: string
  available: boolean
  created: boolean
  /** Whether the database has tables: then the schema was loaded, once. */
  used: boolean
}

const EXTENSIONS = `SELECT wanted AS name,
  EXISTS (SELECT FROM pg_available_extensions WHERE name = wanted) AS available,
  EXISTS (SELECT FROM pg_extension WHERE extname = wanted) AS created,
  EXISTS (SELECT FROM pg_stat_user_tables) AS used
FROM unnest($1::text[]) AS wanted`

function installation(names: readonly string[], {hosts, name}: Target): string {
  if (hosts.some(isRdsHost)) return 'take it out of db/schema.sql: RDS does not offer it'
  if (name === 'embedded') return 'name a server that has it in CONNECTION_URL'
  return names.every((one) => CONTRIB.has(one))
    ? 'install PostgreSQL’s contrib modules on the server: apt-get install postgresql-contrib'
    : `install the package that brings ${few(names)} on the server`
}

const quoted = (names: readonly string[]): string => few(names.map((name) => `"${name}"`))

function notCreated(facts: Facts, names: readonly string[]): Finding {
  const target = targetOf(facts)
  const {database} = target
  const statements = names.map((name) => `CREATE EXTENSION IF NOT EXISTS ${sqlName(name)}`)
  const found = fail(
    `db/schema.sql asks for what is not created in "${database}": ${quoted(names)}`,
    `connect to ${sqlName(database)} and run: ${statements.join('; ')}`,
  )
  if (!isCurable(target)) return found
  const cure = async (): Promise<void> => {
    for (const statement of statements) await databaseOf(facts).query(statement)
  }
  return {...found, cure}
}

/** @param bare whether nothing tells that the schema was loaded: loading it creates them */
function judge(facts: Facts, extensions: readonly Extension[], bare: boolean): Finding {
  const names = extensions.map(({name}) => name)
  const lacking = extensions.filter(({created}) => !created)
  const missing = lacking.filter(({available}) => !available).map(({name}) => name)
  if (missing.length > 0) {
    const message = `the server does not have what db/schema.sql asks for: ${quoted(missing)}`
    return fail(message, installation(missing, targetOf(facts)))
  }
  if (lacking.length === 0) {
    return ok(names.length === 0 ? 'db/schema.sql asks for none' : `created: ${quoted(names)}`)
  }
  const absent = lacking.map(({name}) => name)
  // A file without IF NOT EXISTS would stumble over one that is there already.
  return bare
    ? ok(`the server has what db/schema.sql creates: ${quoted(absent)}`)
    : notCreated(facts, absent)
}

async function made(facts: Facts, signal: AbortSignal): Promise<Catalogue | undefined> {
  try {
    return (await readSchemaFile(facts, signal)).made
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof CruddurError) return undefined
    throw error
  }
}

export const extensionsCheck: Check<Facts> = {
  name: 'extensions',
  layer: 'database',
  needs: ['database'],
  run: async (facts, signal) => {
    const file = await made(facts, signal)
    if (!file) return skipped('db/schema.sql cannot be read: see schema')
    const client = databaseOf(facts)
    const {rows} = await client.query<Extension>(EXTENSIONS, [[...file.extensions]])
    return judge(facts, rows, file.tables.size > 0 && !rows.some(({used}) => used))
  },
}
