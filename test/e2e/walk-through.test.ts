import {execFile} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {startFunction, unpackFunction} from '../aws/lambda.js'
import {fakeUser, poolOf, startFakeCognito, subOf} from '../support/aws/fake-cognito.js'
import {dropDatabases, freshName, query, urlOf} from '../support/postgres.js'
import {packageRoot, runProgram} from '../support/program.js'
import {POOL} from '../support/user-ids-stage.js'

const EVENT: {request: {userAttributes: {sub: string; preferred_username: string; name: string}}} =
  JSON.parse(
    readFileSync(join(packageRoot, 'aws/lambdas/cruddur-post-confirmation/event.json'), 'utf8'),
  )
const {sub, preferred_username: handle, name} = EVENT.request.userAttributes

/** What a backend does when somebody posts, and when somebody looks at the home page. */
const BACKEND = `import {createActivity, Db, homeActivities} from 'cruddur-db'
const db = new Db()
const posted = await createActivity(db, {handle: process.argv[2], message: 'Hello, Cruddur!', ttl: '7-days'})
const refused = await createActivity(db, {handle: process.argv[2], message: '', ttl: '7-days'})
console.log(JSON.stringify({posted, refused, home: await homeActivities(db)}))
await db.end()
`

const database = freshName()
const env = {CONNECTION_URL: urlOf(database)}
let folder: string

/** A backend's folder, with the package installed. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-walk-'))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(packageRoot, join(folder, 'node_modules/cruddur-db'))
  writeFileSync(join(folder, 'backend.mjs'), BACKEND)
})
afterAll(async () => {
  rmSync(folder, {recursive: true, force: true})
  await dropDatabases(database)
})

async function cruddur(args: readonly string[], more: Record<string, string> = {}) {
  const {code, stderr, stdout} = await runProgram(args, {cwd: folder, env: {...env, ...more}})
  expect(code, stderr).toBe(0)
  return {stdout, stderr}
}

/** Calls the built trigger once with an event; what it has logged. */
async function signUp(event: unknown): Promise<Record<string, unknown>[]> {
  const {folder: task, remove} = await unpackFunction()
  const trigger = startFunction(task, env)
  try {
    expect((await trigger.call(event)).event).toEqual(event)
    return trigger.lines()
  } finally {
    await trigger.stop()
    remove()
  }
}

/** The walk through the documents: set up, sign up through the trigger, know the others from Cognito, post, read home. */
test('from an empty server to a post on the home page', async () => {
  const pool = poolOf([fakeUser(sub, handle), fakeUser(subOf(1), 'andrewbrown')])
  const cognito = await startFakeCognito({[POOL]: pool})
  const aws = {...cognito.env, AWS_COGNITO_USER_POOL_ID: POOL}
  try {
    const setup = JSON.parse((await cruddur(['setup', '--json'], aws)).stdout)
    expect(setup).toMatchObject({
      replaced: false,
      seeded: true,
      migrated: [{version: 1, name: 'replies_and_unique_users'}],
      updated: 1,
      difference: {cognitoOnly: {handles: [handle]}, databaseOnly: {handles: ['bayko', 'londo']}},
    })
    await cruddur(['migrate-status'])

    expect(await signUp(EVENT)).toMatchObject([{outcome: 'added', level: 'info'}])
    const again = JSON.parse((await cruddur(['update-cognito-user-ids', '--json'], aws)).stdout)
    expect(again).toMatchObject({updated: 0, difference: {unchanged: {count: 2}}})

    const {stdout} = await promisify(execFile)(process.execPath, ['backend.mjs', handle], {
      cwd: folder,
      env: {PATH: process.env['PATH'], ...env},
    })
    const {home, posted, refused} = JSON.parse(stdout)
    expect(posted).toMatchObject({
      errors: null,
      data: {handle, display_name: name, message: 'Hello, Cruddur!'},
    })
    expect(refused).toEqual({errors: ['message_blank'], data: {handle, message: ''}})
    expect(home[0]).toMatchObject({uuid: posted.data.uuid, handle, likes_count: 0})
    expect(home).toHaveLength(6)

    expect(JSON.parse((await cruddur(['query', 'activities/home'])).stdout)).toEqual(home)
    const reply = `INSERT INTO activities (user_uuid, message, reply_to_activity_uuid)
      SELECT users.uuid, 'Welcome!', '${posted.data.uuid}' FROM users WHERE handle = 'londo' RETURNING 1`
    expect(await query(reply, database)).toHaveLength(1)
    const words = ['query', 'activities/object', `uuid=${posted.data.uuid}`, '--object']
    expect(JSON.parse((await cruddur(words)).stdout)).toEqual(posted.data)
  } finally {
    await cognito.close()
  }
}, 30_000)
