import pg from 'pg'
import type {CruddurError} from '../../error.js'
import {isServerError} from '../../server-error.js'
import {identifier} from '../databases.js'
import {carryOverError} from './change.js'
import type {DatabaseProperties} from './properties.js'

type Locale = Pick<
  DatabaseProperties,
  'encoding' | 'provider' | 'collate' | 'ctype' | 'locale' | 'icuRules'
>

const LOCALE_FIELDS = ['encoding', 'provider', 'collate', 'ctype', 'locale', 'icuRules'] as const

function localeOptions({encoding, provider, collate, ctype, locale, icuRules}: Locale): string {
  const option = (name: string, value: string | null): string =>
    value === null ? '' : ` ${name} ${pg.escapeLiteral(value).trim()}`
  return [
    option('ENCODING', encoding),
    provider === null ? '' : ` LOCALE_PROVIDER ${provider}`,
    option('LC_COLLATE', collate),
    option('LC_CTYPE', ctype),
    option(provider === 'builtin' ? 'BUILTIN_LOCALE' : 'ICU_LOCALE', locale),
    option('ICU_RULES', icuRules),
  ].join('')
}

/**
 * What stands behind `CREATE DATABASE "name"` to get a database like the old one. A database with
 * another encoding or locale than template1's can be copied of template0 only.
 *
 * @param template the one that would be copied: template1, or template0 from a connection to template1
 * @returns '' when a plain CREATE DATABASE gives the same
 */
export function creationClause(
  old: DatabaseProperties,
  template: DatabaseProperties | undefined,
): string {
  const same = template !== undefined && LOCALE_FIELDS.every((name) => old[name] === template[name])
  const given = same ? template.tablespace : 'pg_default'
  const copied = same && template.name === 'template1' ? '' : ' TEMPLATE template0'
  const placed = old.tablespace === given ? '' : ` TABLESPACE ${identifier(old.tablespace)}`
  return `${copied}${same ? '' : localeOptions(old)}${placed}`
}

/** What CREATE DATABASE says of an encoding, a locale or a tablespace that there is no more. */
const NOT_THERE = new Set(['0A000', '22023', '42704', '42809'])

/**
 * What a refused CREATE DATABASE with a {@link creationClause} means.
 *
 * @returns undefined when the clause is not the reason
 */
export function creationError(error: unknown, old: DatabaseProperties): CruddurError | undefined {
  if (!isServerError(error)) return undefined
  const {tablespace} = old
  if (error.code === '42501' && error.message.includes(tablespace)) {
    return carryOverError(error, old, {
      property: `tablespace "${tablespace}"`,
      grant: `GRANT CREATE ON TABLESPACE ${identifier(tablespace)} TO your role`,
    })
  }
  if (!NOT_THERE.has(error.code)) return undefined
  return carryOverError(error, old, {property: 'encoding, locale or tablespace'})
}
