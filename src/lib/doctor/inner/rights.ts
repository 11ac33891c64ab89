import type {Target} from '../../target/target.js'
import type {Check, Finding} from '../check.js'
import type {Facts} from '../facts.js'
import {ok, warn} from '../findings.js'
import {grantor, sqlName} from '../words.js'
import {serverOf, targetOf} from './known.js'

interface Rights {
  role: string
  superuser: boolean
  createdb: boolean
  /** May end sessions of other roles. */
  signal: boolean
  /** Of the target's database, where its rights are not this role's too. */
  owner: string | null
}

const RIGHTS = `SELECT rolname AS role, rolsuper AS superuser, rolsuper OR rolcreatedb AS createdb,
  pg_has_role('pg_signal_backend', 'USAGE') AS signal,
  (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = $1 AND NOT pg_has_role(datdba, 'USAGE')) AS owner
FROM pg_roles WHERE rolname = current_user`

interface Lack {
  message: string
  sql: string
}

function lacks({role, createdb, signal, owner}: Rights, database: string): Lack[] {
  const name = sqlName(role)
  const found: (Lack | false)[] = [
    !createdb && {
      message: 'may not create databases (CREATEDB), as create and setup do',
      sql: `ALTER ROLE ${name} CREATEDB`,
    },
    owner !== null && {
      message: `may not replace or drop "${database}", which belongs to "${owner}"`,
      sql: `ALTER DATABASE ${sqlName(database)} OWNER TO ${name}`,
    },
    !signal && {
      message: 'may not end sessions of other roles (pg_signal_backend), as --force does',
      sql: `GRANT pg_signal_backend TO ${name}`,
    },
  ]
  return found.filter((lack) => lack !== false)
}

function judge(rights: Rights, target: Target): Finding {
  const {role, superuser} = rights
  if (superuser) return ok(`"${role}" is a superuser`)
  const lacking = lacks(rights, target.database)
  if (lacking.length === 0) {
    return ok(`"${role}" may create databases and end sessions of other roles`)
  }
  const message = `"${role}" ${lacking.map((lack) => lack.message).join(', and ')}`
  const sql = lacking.map((lack) => lack.sql).join('; ')
  return warn(message, `have ${grantor(target)} run: ${sql}`)
}

export const rightsCheck: Check<Facts> = {
  name: 'rights',
  layer: 'server',
  needs: ['login'],
  run: async (facts) => {
    const target = targetOf(facts)
    const {rows} = await serverOf(facts).query<Rights>(RIGHTS, [target.database])
    const [rights] = rows
    if (!rights) throw new Error('the role of a session is one of pg_roles')
    return judge(rights, target)
  },
}
