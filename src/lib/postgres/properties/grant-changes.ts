import {identifier} from '../databases.js'
import type {Change} from './change.js'
import type {DatabaseProperties, Grant} from './properties.js'

type Acl = Pick<DatabaseProperties, 'owner' | 'grants'>

const grantee = ({grantee}: Grant): string => (grantee === null ? 'PUBLIC' : identifier(grantee))

const key = ({grantor, grantee, privilege, grantable}: Grant): string =>
  JSON.stringify([grantor, grantee, privilege, grantable])

function without(grants: Grant[], others: Grant[]): Grant[] {
  const known = new Set(others.map(key))
  return grants.filter((grant) => !known.has(key(grant)))
}

/** What ALTER DATABASE … OWNER makes of an ACL: the new owner takes the old one's place (aclnewowner in acl.c). */
function underOwner({owner, grants}: Acl, next: string): Grant[] {
  const moved = (role: string): string => (role === owner ? next : role)
  return grants.map((grant) => ({
    ...grant,
    grantor: moved(grant.grantor),
    grantee: grant.grantee === null ? null : moved(grant.grantee),
  }))
}

/**
 * Grants in an order in which each grantor can make them: the owner's, then those of the roles that
 * were given a grant option, and so on. Grants that hang in the air come last, for the server to judge.
 */
function inOrder(grants: Grant[], {owner, grants: all}: Acl): Grant[] {
  const ready: Grant[] = []
  let waiting = grants
  const may = ({grantor, privilege}: Grant): boolean =>
    grantor === owner ||
    all.some(
      (other) =>
        other.grantable &&
        other.grantee === grantor &&
        other.privilege === privilege &&
        !waiting.includes(other),
    )
  for (;;) {
    const next = waiting.filter(may)
    if (next.length === 0) return [...ready, ...waiting]
    ready.push(...next)
    waiting = waiting.filter((grant) => !next.includes(grant))
  }
}

/** Nobody can grant in another role's name, but a role's member can act as that role. */
function asGrantor(grant: Grant, owner: string, sql: string): string {
  if (grant.grantor === owner) return sql
  return `SET LOCAL ROLE ${identifier(grant.grantor)}; ${sql}; RESET ROLE`
}

function words({grantee, grantor, privilege}: Grant, owner: string): string {
  const by = grantor === owner ? '' : ` by "${grantor}"`
  return `grant of ${privilege} to ${grantee === null ? 'everyone' : `"${grantee}"`}${by}`
}

/**
 * What gives `database`, whose owner is that of `to` already and whose grants were those of `from`,
 * the grants of `to`; others it has stay. To be run in a transaction.
 */
export function grantChanges(from: Acl, to: Acl, database: string): Change[] {
  const {owner} = to
  const had = underOwner(from, owner)
  const on = `ON DATABASE ${identifier(database)}`
  // From the end of each chain: who has lost the grant option may not be allowed a REVOKE any more.
  const revoked = inOrder(without(had, to.grants), {owner, grants: had})
    .reverse()
    .map((grant) => ({
      grant,
      sql: `REVOKE ${grant.privilege} ${on} FROM ${grantee(grant)} CASCADE`,
    }))
  const granted = inOrder(without(to.grants, had), to).map((grant) => ({
    grant,
    sql: `GRANT ${grant.privilege} ${on} TO ${grantee(grant)}${grant.grantable ? ' WITH GRANT OPTION' : ''}`,
  }))
  return [...revoked, ...granted].map(({grant, sql}) => ({
    sql: asGrantor(grant, owner, sql),
    property: words(grant, owner),
    actsAs: grant.grantor === owner ? undefined : grant.grantor,
  }))
}
