import pg from 'pg'
import {afterEach, describe, expect, test} from 'vitest'
import {CruddurError} from '../../../../src/lib/error.js'
import {carryOver} from '../../../../src/lib/postgres/properties/carry-over.js'
import {carryOverError} from '../../../../src/lib/postgres/properties/change.js'
import {latin1, query} from '../../../support/postgres.js'
import {as, asSuperuser, catalogues, collection, propertiesOf, run} from './carried.js'

const made = collection()
afterEach(() => made.clear())

const id = pg.escapeIdentifier

/** An owner with CREATEDB and no more, who carries a database over to one they have just created. */
async function refused(
  prepare: (database: string, owner: string) => Promise<string[]> | string[],
): Promise<{error: CruddurError; old: string; owner: string}> {
  const [old, built] = [made.database(), made.database()]
  const owner = await made.role('_owner', 'CREATEDB')
  await run(
    `CREATE DATABASE ${id(old)} OWNER ${id(owner)}`,
    `ALTER DATABASE ${id(old)} SET work_mem = '8MB'`,
    ...(await prepare(id(old), id(owner))),
  )
  return as(owner, async (client) => {
    await client.query(`CREATE DATABASE ${id(built)}`)
    const untouched = await catalogues(built)
    const error = await carryOver(
      client,
      await propertiesOf(client, old),
      await propertiesOf(client, built),
      built,
    ).catch((thrown: unknown) => thrown)
    expect(await catalogues(built)).toEqual(untouched)
    expect((await client.query('SELECT 1 AS usable')).rows).toEqual([{usable: 1}])
    if (!(error instanceof CruddurError)) throw error
    return {error, old, owner}
  })
}

/** The error's words, with the server's own left out: they differ from version to version. */
function words({message, details: {hint, sqlstate}, code}: CruddurError): unknown {
  return {code, sqlstate, hint, message: message.replace(/(new database): .*(; nothing)/s, '$1$2')}
}

/** What stands behind the colon of a hint. */
const statementOf = ({details: {hint = ''}}: CruddurError): string =>
  hint.slice(hint.indexOf(': ') + 2)

describe('what an owner without further rights cannot carry over is named, and nothing is changed', () => {
  test('a setting that only a superuser may make', async () => {
    const {error, old} = await refused((name) => [
      `ALTER DATABASE ${name} SET log_statement = 'all'`,
    ])
    expect(words(error)).toEqual({
      code: 'NO_RIGHTS',
      sqlstate: '42501',
      message: `the setting "log_statement" of "${old}" cannot be given to the new database; nothing was changed`,
      hint: `log in as a superuser, or have one take it off the old one: ALTER DATABASE "${old}" RESET "log_statement"`,
    })
    expect(error.message).toContain('permission denied to set parameter "log_statement"')
    await run(statementOf(error))
    expect(await catalogues(old)).toMatchObject({settings: [{setconfig: ['work_mem=8MB']}]})
  })

  test('a setting of another role', async () => {
    const other = await made.role('_other')
    const {error, old} = await refused((name) => [
      `ALTER ROLE ${id(other)} IN DATABASE ${name} SET work_mem = '9MB'`,
    ])
    expect(words(error)).toEqual({
      code: 'NO_RIGHTS',
      sqlstate: '42501',
      message: `the setting "work_mem" of the role "${other}" of "${old}" cannot be given to the new database; nothing was changed`,
      hint: `log in as a superuser, or have one take it off the old one: ALTER ROLE "${other}" IN DATABASE "${old}" RESET "work_mem"`,
    })
  })

  test('an owner they are no member of', async () => {
    const other = await made.role('_other')
    const {error, old} = await refused((name) => [`ALTER DATABASE ${name} OWNER TO ${id(other)}`])
    expect(words(error)).toEqual({
      code: 'NO_RIGHTS',
      sqlstate: '42501',
      message: `the owner "${other}" of "${old}" cannot be given to the new database; nothing was changed`,
      hint: `log in as a superuser, or as a role that may SET ROLE "${other}"`,
    })
  })

  test('a grant of a grantor they are no member of', async () => {
    const [grantor, reader] = [await made.role('_grantor'), await made.role('_reader')]
    const {error, old} = await refused((name) => [
      `GRANT CONNECT ON DATABASE ${name} TO ${id(grantor)} WITH GRANT OPTION`,
      `SET ROLE ${id(grantor)}`,
      `GRANT CONNECT ON DATABASE ${name} TO ${id(reader)}`,
    ])
    expect(words(error)).toEqual({
      code: 'NO_RIGHTS',
      sqlstate: '42501',
      message: `the grant of CONNECT to "${reader}" by "${grantor}" of "${old}" cannot be given to the new database; nothing was changed`,
      hint: `log in as a superuser, or as a role that may SET ROLE "${grantor}"`,
    })
  })
})

describe('what the server has not got any more is named, and nothing is changed', () => {
  test('a parameter', async () => {
    const {error, old} = await refused((name) => [
      `UPDATE pg_db_role_setting SET setconfig = setconfig || 'gone=1'::text WHERE setdatabase =
         (SELECT oid FROM pg_database WHERE quote_ident(datname) = trim('"' FROM '${name}'))`,
    ])
    expect(words(error)).toEqual({
      code: 'NOT_CARRIED_OVER',
      sqlstate: '42704',
      message: `the setting "gone" of "${old}" cannot be given to the new database; nothing was changed`,
      hint: `have a superuser take it off the old one: ALTER DATABASE "${old}" RESET ALL`,
    })
    await run(statementOf(error))
    expect(await catalogues(old)).toMatchObject({settings: null})
  })

  test('the provider of a security label', async () => {
    const {error, old} = await refused((name) => [
      'SET allow_system_table_mods = on',
      `INSERT INTO pg_shseclabel SELECT oid, 'pg_database'::regclass, 'guard"s', 'top secret'
       FROM pg_database WHERE quote_ident(datname) = trim('"' FROM '${name}')`,
    ])
    expect(words(error)).toEqual({
      code: 'NOT_CARRIED_OVER',
      sqlstate: '22023',
      message: `the security label of "guard"s" of "${old}" cannot be given to the new database; nothing was changed`,
      hint: `have a superuser take it off the old one: SECURITY LABEL FOR "guard""s" ON DATABASE "${old}" IS NULL`,
    })
  })
})

test('text of another encoding, which only its own database can read, is refused and not spoilt', async () => {
  const old = made.database()
  await run(`CREATE DATABASE ${id(old)} ${latin1()}`)
  await query(`COMMENT ON DATABASE ${id(old)} IS 'señal'`, old)
  const carrying = asSuperuser(async (client) =>
    carryOver(client, await propertiesOf(client, old), await propertiesOf(client, old), old),
  )
  await expect(carrying).rejects.toMatchObject({
    code: 'NOT_CARRIED_OVER',
    message: `the comment of "${old}" is not in UTF-8; nothing was changed`,
    details: {hint: 'set it again in ASCII, which is the same in every encoding'},
  })
})

test('only what the server refuses is a refusal: a lost connection and an error of ours are not', async () => {
  const old = made.database()
  await run(`CREATE DATABASE ${id(old)}`)
  const properties = await asSuperuser((client) => propertiesOf(client, old))
  const server = (code: string, severity: string): Error =>
    Object.assign(new Error('said the server'), {code, severity})
  expect(carryOverError(server('57P01', 'FATAL'), properties)).toBeUndefined()
  expect(carryOverError(new CruddurError('INTERNAL', 'b'), properties)).toBeUndefined()
  expect(carryOverError(new Error('read ECONNRESET'), properties)).toBeUndefined()
  expect(carryOverError(server('42501', 'ERROR'), properties)).toMatchObject({
    code: 'NO_RIGHTS',
    message: `the properties of "${old}" cannot be given to the new database: said the server; nothing was changed`,
    details: {hint: 'log in as a superuser, or as the role that owns the database'},
  })
})
