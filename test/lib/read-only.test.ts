import {chownSync, statSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import pg from 'pg'
import {afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test} from 'vitest'
import {embeddedUrl, startServer, stopServer} from '../../src/lib/embedded/server.js'
import {withMaintenanceClient} from '../../src/lib/postgres/connection/connect.js'
import {createDatabase, dropDatabase} from '../../src/lib/postgres/databases.js'
import {runScript} from '../../src/lib/sql/run.js'
import {resolveTarget, type Target} from '../../src/lib/target/target.js'
import {freshName, query, urlOf} from '../support/postgres.js'
import {makeHome, removeHome} from './embedded/support.js'
import {errorOf, scriptOf} from './sql/support.js'

const role = freshName('_role')
const database = freshName()
beforeAll(async () => {
  await query(`CREATE ROLE "${role}" LOGIN CREATEDB PASSWORD 'x'`)
  await query(`CREATE DATABASE "${database}" OWNER "${role}" TEMPLATE template0`)
})
afterAll(async () => {
  await query(`DROP DATABASE "${database}"`)
  await query(`DROP ROLE "${role}"`)
})

/** SQL that undoes what a test has set up. */
let undo = ''
afterEach(() => query(undo))

const roleUrl = (options = ''): string =>
  `${Object.assign(new URL(urlOf(database)), {username: role, password: 'x'})}${options}`

function targetOf(url: string): Target {
  const context = {env: {}, homeDir: '/nonexistent', osUser: 'tester'}
  const target = resolveTarget({prod: false, url, command: 'test'}, context)
  if (!target) throw new Error('a URL names a target')
  return target
}

const create = (url: string, name: string): Promise<boolean> =>
  withMaintenanceClient(targetOf(url), (client) => createDatabase(client, name))
const drop = (url: string, name: string, force = false): Promise<boolean> =>
  withMaintenanceClient(targetOf(url), (client) => dropDatabase(client, name, {force}))

async function runAt(url: string, sql: string, transaction = true): Promise<unknown> {
  const client = new pg.Client({connectionString: url})
  await client.connect()
  try {
    return await runScript(client, await scriptOf(sql, {database, transaction}))
  } finally {
    await client.end()
  }
}

const OVERRIDE = '?options=-c%20default_transaction_read_only%3Doff'
const SETTING = 'default_transaction_read_only'

describe('default_transaction_read_only', () => {
  const places = [
    ['ROLE', `ROLE ${role}`],
    ['ROLE IN DATABASE', `ROLE ${role} IN DATABASE ${database}`],
    ['DATABASE', `DATABASE ${database}`],
  ] as const

  test.each(places)(
    'of a %s stops a file, which says where it is set; the cure cures',
    async (_, place) => {
      undo = `ALTER ${place} RESET ${SETTING}`
      await query(`ALTER ${place} SET ${SETTING} = on`)
      for (const transaction of [true, false]) {
        const error = await errorOf(() =>
          runAt(roleUrl(), 'SELECT 1;\nCREATE TABLE a ();', transaction),
        )
        const kept = transaction ? '' : ' (1 statement before it has run and is kept)'
        expect(error).toMatchObject({
          code: 'SQL_ERROR',
          exit: 1,
          message: `cannot execute CREATE TABLE in a read-only transaction: ${SETTING} is on for ${place}${kept}`,
          details: {
            sqlstate: '25006',
            file: 'x.sql',
            line: 2,
            column: 1,
            hint: `add ${OVERRIDE} to the URL; for good: SET ${SETTING} = off; ALTER ${place} RESET ${SETTING}`,
          },
        })
      }
      await runAt(roleUrl(OVERRIDE), 'CREATE TABLE a (); DROP TABLE a;')
      const admin = new pg.Client({connectionString: urlOf(database)})
      await admin.connect()
      await admin.query(`SET ${SETTING} = off`)
      await admin.query(`ALTER ${place} RESET ${SETTING}`)
      await admin.end()
      await runAt(roleUrl(), 'CREATE TABLE a (); DROP TABLE a;')
    },
  )

  test('of a role stops a create and a drop with the same words; the cure cures', async () => {
    undo = `ALTER ROLE ${role} RESET ${SETTING}`
    await query(`ALTER ROLE ${role} SET ${SETTING} = on`)
    const name = freshName()
    const refusal = (command: string) => ({
      code: 'READ_ONLY',
      exit: 1,
      message: `cannot execute ${command} in a read-only transaction: ${SETTING} is on for ROLE ${role}`,
      details: {
        sqlstate: '25006',
        hint: `add ${OVERRIDE} to the URL; for good: SET ${SETTING} = off; ALTER ROLE ${role} RESET ${SETTING}`,
      },
    })
    await expect(create(roleUrl(), name)).rejects.toMatchObject(refusal('CREATE DATABASE'))
    expect(await create(roleUrl(OVERRIDE), name)).toBe(true)
    for (const force of [false, true]) {
      await expect(drop(roleUrl(), name, force)).rejects.toMatchObject(refusal('DROP DATABASE'))
    }
    expect(await drop(roleUrl(OVERRIDE), name)).toBe(true)
  })

  test('of the URL itself is to be taken out of it', async () => {
    const url = roleUrl(`?options=-c%20${SETTING}%3Don`)
    await expect(create(url, freshName())).rejects.toMatchObject({
      code: 'READ_ONLY',
      message: `cannot execute CREATE DATABASE in a read-only transaction: ${SETTING} is on`,
      details: {hint: 'remove it from options in the URL, or from PGOPTIONS'},
    })
  })

  test.each([
    ['SET TRANSACTION READ ONLY; CREATE TABLE a ();', true],
    [`SET ${SETTING} = on; CREATE TABLE a ();`, false],
    ['BEGIN READ ONLY; CREATE TABLE a (); COMMIT;', false],
  ])('%s: the file itself is at fault', async (sql, transaction) => {
    const error = await errorOf(() => runAt(roleUrl(), sql, transaction))
    expect(error.message).toMatch(
      /^cannot execute CREATE TABLE in a read-only transaction: the transaction was made read-only/,
    )
    expect(error.details.hint).toBe('remove READ ONLY from it')
  })
})

describe('a server', () => {
  const home = makeHome()
  afterAll(() => removeHome(home))
  const urlAt = (port: number): string => embeddedUrl({port}, 'cruddur')

  test('whose file sets it, and a standby: each its words', async () => {
    const {port} = await startServer(home)
    const admin = new pg.Client({connectionString: embeddedUrl({port}, 'postgres')})
    admin.on('error', () => {})
    await admin.connect()
    await admin.query(`ALTER SYSTEM SET ${SETTING} = on`)
    await admin.query('SELECT pg_reload_conf()')
    await admin.end()
    await expect(create(urlAt(port), 'cruddur')).rejects.toMatchObject({
      code: 'READ_ONLY',
      message: `cannot execute CREATE DATABASE in a read-only transaction: ${SETTING} is on for the whole server`,
      details: {
        hint: `find out who set it and why (some hosts do when the disk is full); to write all the same, add ${OVERRIDE} to the URL`,
      },
    })
    expect(await create(`${urlAt(port)}${OVERRIDE}`, 'cruddur')).toBe(true)

    await stopServer(home)
    const [data, signal] = [join(home, 'data'), join(home, 'data', 'standby.signal')]
    writeFileSync(signal, '')
    const {gid, uid} = statSync(data)
    chownSync(signal, uid, gid)
    const standby = await startServer(home)
    onTestFinished(() => stopServer(home).then(() => {}))
    const words = {
      hint: 'name the primary in the URL, or several hosts with ?target_session_attrs=read-write',
    }
    for (const options of ['', OVERRIDE]) {
      const url = `${urlAt(standby.port)}${options}`
      await expect(create(url, 'another')).rejects.toMatchObject({
        code: 'READ_ONLY',
        message:
          'cannot execute CREATE DATABASE in a read-only transaction: this server is a standby, which only reads',
        details: words,
      })
      await expect(drop(url, 'cruddur', true)).rejects.toMatchObject({details: words})
    }
    const error = await errorOf(() => runAt(urlAt(standby.port), 'CREATE TABLE a ();'))
    expect(error).toMatchObject({code: 'SQL_ERROR', details: {...words, line: 1}})
  })
})
