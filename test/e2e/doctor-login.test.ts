import {chmodSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {
  type AtEnd,
  findAndCure,
  folderOf,
  type PlantedFault,
  runDoctor,
  type Scene,
} from '../support/planted-fault.js'
import {dropDatabases, freshName, query, urlOf} from '../support/postgres.js'
import {runProgram} from '../support/program.js'
import {ASK_PASSWORD, scriptedServer} from '../support/scripted-server.js'

const removals: (() => unknown)[] = []
const atEnd: AtEnd = (remove) => removals.unshift(remove)
let folder: string

/** A role of its own, whose password has to be written with care. */
const role = freshName()
const PASSWORD = `p%40"'\\# x`
const SECRETS = [PASSWORD, encodeURIComponent(PASSWORD), 'p%40', 'wrong#secret', 'wrong%23secret']

beforeAll(async () => {
  folder = folderOf(atEnd)
  await query(`CREATE ROLE "${role}" LOGIN PASSWORD '${PASSWORD.replaceAll("'", "''")}'`)
  await query(`CREATE DATABASE "${role}" OWNER "${role}"`)
})
afterAll(async () => {
  await dropDatabases(role)
  await query(`DROP ROLE "${role}"`)
  for (const remove of removals) await remove()
})

function urlFor(user: string, password: string | undefined, database = role): string {
  const url = new URL(urlOf(database))
  url.username = user
  url.password = password === undefined ? '' : encodeURIComponent(password).replaceAll("'", '%27')
  return url.href
}

const scene = (url: string, env: Record<string, string> = {}): Scene => ({
  cwd: folder,
  env: {HOME: folder, CRUDDUR_DB_HOME: join(folder, 'server'), CONNECTION_URL: url, ...env},
})
const right = (): Scene => scene(urlFor(role, PASSWORD))
const there = (): string => new URL(urlOf('postgres')).host

const FAULTS: PlantedFault[] = [
  {
    name: 'a wrong password',
    check: 'login',
    status: 'fail',
    message: /^wrong password for cruddur_test_\w+ at [\w.]+:\d+$/,
    fix: /^check user and password in the URL/,
    plant: async () => ({
      scene: scene(urlFor(role, 'wrong#secret')),
      cure: async () => right(),
    }),
  },
  {
    name: 'a PGPASSWORD that takes the place of the right one in the password file',
    check: 'login',
    status: 'fail',
    message: /^wrong password for /,
    fix: /^check user and password in the URL/,
    plant: async () => {
      const file = join(folder, 'pgpass')
      const escaped = PASSWORD.replaceAll(/[\\:]/g, '\\$&')
      writeFileSync(file, `*:*:*:${role}:${escaped}\n`, {mode: 0o600})
      const env = {PGPASSFILE: file}
      return {
        scene: scene(urlFor(role, undefined), {...env, PGPASSWORD: 'wrong#secret'}),
        cure: async () => scene(urlFor(role, undefined), env),
      }
    },
  },
  {
    name: 'no password',
    check: 'login',
    status: 'fail',
    message: 'the server asks for a password and none was given',
    fix: 'write it into the URL, into ~/.pgpass, or into PGPASSWORD',
    plant: async () => ({
      scene: scene(urlFor(role, undefined)),
      cure: async () => scene(urlFor(role, undefined), {PGPASSWORD: PASSWORD}),
    }),
  },
  {
    name: 'a role that may not log in',
    check: 'login',
    status: 'fail',
    message: / is not permitted to log in$/,
    fix: /^have a role that may run: ALTER ROLE "cruddur_test_\w+" LOGIN; or name another user/,
    plant: async (end) => {
      const other = freshName()
      await query(`CREATE ROLE "${other}" NOLOGIN PASSWORD 'pw'`)
      end(() => query(`DROP ROLE "${other}"`))
      return {
        scene: scene(urlFor(other, 'pw')),
        cure: async () => {
          await query(`ALTER ROLE "${other}" LOGIN`)
          return undefined
        },
      }
    },
  },
  {
    name: 'a role that has all the connections it may have',
    check: 'login',
    status: 'fail',
    message: /^the role "cruddur_test_\w+" has no connection left at /,
    fix: /ALTER ROLE "cruddur_test_\w+" CONNECTION LIMIT -1$/,
    plant: async (end) => {
      const other = freshName()
      await query(`CREATE ROLE "${other}" LOGIN PASSWORD 'pw' CONNECTION LIMIT 0`)
      end(() => query(`DROP ROLE "${other}"`))
      return {
        scene: scene(urlFor(other, 'pw')),
        cure: async () => {
          await query(`ALTER ROLE "${other}" CONNECTION LIMIT -1`)
          return undefined
        },
      }
    },
  },
  {
    name: 'a server that is starting for longer than anybody waits',
    check: 'login',
    status: 'fail',
    message: /^127\.0\.0\.1:\d+ asked for the password, but did not let us in within 1 s$/,
    fix: /^if that is a connection pooler, see whether its PostgreSQL runs/,
    plant: async (end) => {
      const {close, port} = await scriptedServer({
        login: (socket) => void socket.write(ASK_PASSWORD),
      })
      end(close)
      return {
        scene: scene(`postgres://u:pw@127.0.0.1:${port}/d?connect_timeout=1`),
        cure: async () => right(),
      }
    },
  },
]

describe('of the login', () => {
  test.concurrent.for(FAULTS)('$name is found and cured', async (fault) => {
    await findAndCure(fault)
  })
})

test('--fix closes a password file to others, and logs in with what is in it', async () => {
  const file = join(folder, 'open-pgpass')
  writeFileSync(file, `*:*:*:${role}:${PASSWORD.replaceAll(/[\\:]/g, '\\$&')}\n`)
  chmodSync(file, 0o644)
  const own = scene(urlFor(role, undefined), {PGPASSFILE: file})
  expect((await runDoctor(own)).check('login').status).toBe('fail')
  const {check} = await runDoctor({...own, args: ['--fix']})
  expect(check('password')).toMatchObject({
    status: 'ok',
    cured: `${file} can be read by others and is not used`,
  })
  expect(check('login').status).toBe('ok')
})

describe('a password', () => {
  test.each<[string, () => Scene]>([
    ['that is right', right],
    ['that is wrong', () => scene(urlFor(role, 'wrong#secret'))],
    [
      'with which the URL cannot be read',
      () => scene(`postgres://${role}:${PASSWORD}@${there()}/d`),
    ],
    ['in a value with quotes', () => scene(`"${urlFor(role, PASSWORD)}"`)],
    [
      'in two places',
      () => scene(urlFor(role, PASSWORD), {PROD_CONNECTION_URL: urlFor(role, 'wrong#secret')}),
    ],
  ])('%s is shown nowhere', async (_, given) => {
    const {args = [], cwd = '', env = {}} = given()
    writeFileSync(join(folder, '.env'), `CONNECTION_URL='${urlFor(role, 'wrong#secret')}'\n`)
    const {stderr, stdout} = await runDoctor({args, cwd, env})
    const text = await runProgram(['doctor', ...args], {cwd, env: {...env, DEBUG: '*'}})
    const all = [stderr, stdout, text.stdout, text.stderr].join('\n')
    expect(SECRETS.filter((secret) => all.includes(secret))).toEqual([])
    expect(text.stdout).toContain('hidden-values')
  })
})
