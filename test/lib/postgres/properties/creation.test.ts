import pg from 'pg'
import {afterEach, describe, expect, inject, test} from 'vitest'
import {CruddurError} from '../../../../src/lib/error.js'
import {creationClause, creationError} from '../../../../src/lib/postgres/properties/creation.js'
import type {DatabaseProperties} from '../../../../src/lib/postgres/properties/properties.js'
import {as, asSuperuser, catalogues, collection, propertiesOf, run, succeed} from './carried.js'

const made = collection()
afterEach(() => made.clear())

const id = pg.escapeIdentifier

/** A database made with `options`, and its successor: their catalogues, and the clause between them. */
async function successor(options: string): Promise<{clause: string; was: unknown; is: unknown}> {
  const [old, built] = [made.database(), made.database()]
  await run(`CREATE DATABASE ${id(old)} ${options}`)
  const {clause} = await asSuperuser((client) => succeed(client, old, built))
  return {clause, was: await catalogues(old), is: await catalogues(built)}
}

/** Options of CREATE DATABASE, the first version that has them, and the clause they come over in. */
const LOCALES: [string, number, string, string][] = [
  [
    'another encoding',
    15,
    `ENCODING 'LATIN1' LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'`,
    ` TEMPLATE template0 ENCODING 'LATIN1' LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'`,
  ],
  [
    'a locale of ICU',
    15,
    `LOCALE_PROVIDER icu ICU_LOCALE 'es-ES' LC_COLLATE 'C' LC_CTYPE 'C'`,
    ` TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu LC_COLLATE 'C' LC_CTYPE 'C' ICU_LOCALE 'es-ES'`,
  ],
  [
    'rules of its own',
    16,
    `LOCALE_PROVIDER icu ICU_LOCALE 'en' ICU_RULES '&a < ''b''' LC_COLLATE 'C' LC_CTYPE 'C'`,
    ` TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu LC_COLLATE 'C' LC_CTYPE 'C' ICU_LOCALE 'en' ICU_RULES '&a < ''b'''`,
  ],
  [
    'a built-in locale',
    17,
    `LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C' LC_COLLATE 'C' LC_CTYPE 'C'`,
    ` TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER builtin LC_COLLATE 'C' LC_CTYPE 'C' BUILTIN_LOCALE 'C'`,
  ],
]

describe('creationClause', () => {
  test.for(LOCALES)('gives the new database %s', async ([, since, options, expected], context) => {
    if (inject('serverVersion') < since) return context.skip(`PostgreSQL ${since} has it first`)
    const {clause, was, is} = await successor(`TEMPLATE template0 ${options}`)
    expect(clause).toBe(expected)
    expect(is).toEqual(was)
  })

  test('gives the new database the tablespace, and template1 all the same', async (context) => {
    const tablespace = await made.tablespace()
    if (!tablespace) return context.skip('the server makes no tablespace without a folder')
    const {clause, was, is} = await successor(`TABLESPACE ${id(tablespace)}`)
    expect(clause).toBe(` TABLESPACE "${tablespace}"`)
    expect(is).toEqual(was)
  })

  const PLAIN: DatabaseProperties = {
    name: 'template1',
    fingerprint: '',
    oid: 1,
    owner: 'postgres',
    encoding: 'UTF8',
    provider: null,
    collate: "it's",
    ctype: 'C',
    locale: null,
    icuRules: null,
    tablespace: 'pg_default',
    connectionLimit: -1,
    allowConnections: true,
    isTemplate: true,
    invalid: false,
    comment: null,
    settings: [],
    grants: [],
    labels: [],
  }

  test('names no provider where the server has one only, and quotes', () => {
    expect(creationClause(PLAIN, {...PLAIN, encoding: 'LATIN1'})).toBe(
      ` TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'it''s' LC_CTYPE 'C'`,
    )
  })

  test.each([
    ['template1 gone', undefined, /^ TEMPLATE template0 ENCODING /],
    ['a connection to template1', {...PLAIN, name: 'template0'}, /^ TEMPLATE template0$/],
    ['template1 elsewhere', {...PLAIN, tablespace: 'fast'}, /^ TABLESPACE "pg_default"$/],
  ])('with %s', (_, template, expected) => {
    expect(creationClause(PLAIN, template)).toMatch(expected)
  })

  test('with template1 of another encoding and elsewhere: template0 is where it always is', () => {
    const template = {...PLAIN, encoding: 'LATIN1', tablespace: 'fast'}
    expect(creationClause(PLAIN, template)).not.toContain('TABLESPACE')
    expect(creationClause({...PLAIN, tablespace: 'fast'}, template)).toMatch(/ TABLESPACE "fast"$/)
  })
})

describe('creationError', () => {
  test('without rights on the tablespace names it; other refusals are not about the clause', async (context) => {
    const tablespace = await made.tablespace()
    if (!tablespace) return context.skip('the server makes no tablespace without a folder')
    const [owner, poor] = [await made.role('_owner', 'CREATEDB'), await made.role('_poor')]
    const [old, built] = [made.database(), made.database()]
    await run(`CREATE DATABASE ${id(old)} OWNER ${id(owner)} TABLESPACE ${id(tablespace)}`)
    const properties = await asSuperuser((client) => propertiesOf(client, old))
    const error = (role: string): Promise<unknown> =>
      as(role, (client) => succeed(client, old, built)).catch((thrown: unknown) => thrown)
    expect(creationError(await error(owner), properties)).toMatchObject({
      code: 'NO_RIGHTS',
      message: `the tablespace "${tablespace}" of "${old}" cannot be given to the new database: permission denied for tablespace ${tablespace}; nothing was changed`,
      details: {
        sqlstate: '42501',
        hint: `log in as a superuser, or have one run: GRANT CREATE ON TABLESPACE "${tablespace}" TO your role`,
      },
    })
    expect(creationError(await error(poor), properties)).toBeUndefined()
    expect(creationError(new CruddurError('INTERNAL', 'b'), properties)).toBeUndefined()
  })

  test('with a locale that the system has not got any more', async () => {
    const old = made.database()
    await run(`CREATE DATABASE ${id(old)}`)
    await asSuperuser(async (client) => {
      const properties = {
        ...(await propertiesOf(client, old)),
        provider: null,
        collate: 'xx_XX',
        locale: null,
      }
      const clause = creationClause(properties, undefined)
      const refused: unknown = await client
        .query(`CREATE DATABASE ${id(made.database())}${clause}`)
        .catch((thrown: unknown) => thrown)
      expect(creationError(refused, properties)).toMatchObject({
        code: 'NOT_CARRIED_OVER',
        message: expect.stringMatching(
          /^the encoding, locale or tablespace of ".*" cannot be given to the new database: .*"xx_XX"; nothing was changed$/,
        ),
      })
    })
  })
})
