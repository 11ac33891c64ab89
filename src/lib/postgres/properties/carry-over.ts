import pg from 'pg'
import {CruddurError} from '../../error.js'
import {identifier} from '../databases.js'
import {type Change, carryOverError} from './change.js'
import {grantChanges} from './grant-changes.js'
import type {DatabaseProperties} from './properties.js'
import {settingChanges} from './setting-changes.js'

function labelStatement(provider: string, label: string | undefined, database: string): string {
  const text = label === undefined ? 'NULL' : pg.escapeLiteral(label).trim()
  return `SECURITY LABEL FOR ${identifier(provider)} ON DATABASE ${identifier(database)} IS ${text}`
}

function labelChanges(
  from: DatabaseProperties,
  to: DatabaseProperties,
  database: string,
): Change[] {
  const had = new Map(from.labels.map(({provider, label}) => [provider, label]))
  const wanted = new Map(to.labels.map(({provider, label}) => [provider, label]))
  return [...new Set([...had.keys(), ...wanted.keys()])]
    .filter((provider) => had.get(provider) !== wanted.get(provider))
    .map((provider) => ({
      sql: labelStatement(provider, wanted.get(provider), database),
      property: `security label of "${provider}"`,
      undo: (old) => labelStatement(provider, undefined, old),
    }))
}

function ownerChanges(
  from: DatabaseProperties,
  to: DatabaseProperties,
  database: string,
): Change[] {
  if (from.owner === to.owner) return []
  return [
    {
      sql: `ALTER DATABASE ${identifier(database)} OWNER TO ${identifier(to.owner)}`,
      property: `owner "${to.owner}"`,
      actsAs: to.owner,
    },
  ]
}

/**
 * What makes `database`, which is like `from`, like `to`: settings, security labels, owner, grants,
 * in an order in which both owners' members can do it. What the database has beyond `from` stays.
 */
export function changesBetween(
  from: DatabaseProperties,
  to: DatabaseProperties,
  database: string,
): Change[] {
  return [
    ...settingChanges(from.settings, to.settings, database),
    ...labelChanges(from, to, database),
    ...ownerChanges(from, to, database),
    ...grantChanges(from, to, database),
  ]
}

/** Text in the catalogues has the encoding of the database it was written in, which nothing tells. */
function refuseUnreadable(old: DatabaseProperties): void {
  const texts: [string, string][] = [
    ['comment', old.comment ?? ''],
    ...old.settings.map(({name, value}): [string, string] => [`setting "${name}"`, value]),
    ...old.labels.map(({provider, label}): [string, string] => [
      `security label of "${provider}"`,
      label,
    ]),
  ]
  const unreadable = texts.find(([, text]) => text.includes('\uFFFD'))
  if (!unreadable) return
  throw new CruddurError(
    'NOT_CARRIED_OVER',
    `the ${unreadable[0]} of "${old.name}" is not in UTF-8; nothing was changed`,
    {hint: 'set it again in ASCII, which is the same in every encoding'},
  )
}

/**
 * Gives a new and empty database what the old one has that takes part in how it is filled: settings,
 * security labels, owner and grants, all of them or none. What fills it has the last word on them.
 *
 * @param client a connection to the maintenance database, in no transaction
 * @param fresh the new database as it is; undefined when it has gone
 * @param name its name
 * @throws CruddurError NO_RIGHTS, NOT_CARRIED_OVER
 */
export async function carryOver(
  client: pg.Client,
  old: DatabaseProperties,
  fresh: DatabaseProperties | undefined,
  name: string,
): Promise<void> {
  refuseUnreadable(old)
  if (!fresh) {
    throw new CruddurError('DATABASE_NOT_FOUND', `the new database "${name}" was removed meanwhile`)
  }
  const changes = changesBetween(fresh, old, name)
  if (changes.length === 0) return
  await client.query('BEGIN')
  for (const change of changes) {
    try {
      await client.query(change.sql)
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {})
      throw carryOverError(error, old, change) ?? error
    }
  }
  await client.query('COMMIT')
}

/**
 * The rest, to be run in the transaction that puts the new database in the old one's place: what would
 * have been in the way before (connection limit, ALLOW_CONNECTIONS), the comment, and whatever has
 * changed on the old one since {@link carryOver}.
 *
 * @param before the old database as carryOver was given it
 * @param now the old database just before the swap
 * @param name the new database's name at that moment
 * @returns statements; none when there is nothing to do
 */
export function finishStatements(
  before: DatabaseProperties,
  now: DatabaseProperties,
  name: string,
): string[] {
  const database = identifier(name)
  const {comment, connectionLimit, allowConnections} = now
  return [
    ...changesBetween(before, now, name).map(({sql}) => sql),
    comment === null
      ? []
      : `COMMENT ON DATABASE ${database} IS ${pg.escapeLiteral(comment).trim()}`,
    connectionLimit === -1 ? [] : `ALTER DATABASE ${database} CONNECTION LIMIT ${connectionLimit}`,
    allowConnections ? [] : `ALTER DATABASE ${database} ALLOW_CONNECTIONS false`,
  ].flat()
}
