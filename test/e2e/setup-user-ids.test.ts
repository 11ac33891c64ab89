import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {
  type FakeCognito,
  fakeUser,
  poolOf,
  startFakeCognito,
  subOf,
} from '../support/aws/fake-cognito.js'
import {interrupt} from '../support/interrupt.js'
import {dropDatabases, freshName, query, urlOf} from '../support/postgres.js'
import {ended, type ProgramResult, startProgram} from '../support/program.js'
import {POOL} from '../support/user-ids-stage.js'

const STEP = `set the Cognito ids of users from the user pool ${POOL}`
const IDS = 'SELECT handle, cognito_user_id AS id FROM public.users ORDER BY handle'
const SET = [
  {handle: 'andrewbrown', id: subOf(1)},
  {handle: 'bayko', id: 'MOCK'},
  {handle: 'londo', id: 'MOCK'},
]
const MOCKED = SET.map(({handle}) => ({handle, id: 'MOCK'}))
const CREDENTIALS_HINT =
  'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or set AWS_PROFILE and log in: aws sso login'

interface Stage {
  database: string
  folder: string
  fake: FakeCognito
  env: Record<string, string>
  start: (args: readonly string[], more?: Record<string, string>) => ReturnType<typeof startProgram>
  run: (args?: readonly string[], more?: Record<string, string>) => Promise<ProgramResult>
  ids: () => Promise<Record<string, unknown>[]>
}

/** A pool in which one of the seed's users is, and a database that is not there yet. */
async function onStage(act: (stage: Stage) => Promise<void>): Promise<void> {
  const pool = poolOf([fakeUser(subOf(1), 'andrewbrown'), fakeUser(subOf(2), 'nobody')])
  const fake = await startFakeCognito({[POOL]: pool})
  const database = freshName()
  const folder = mkdtempSync(join(tmpdir(), 'cruddur-db-setup-ids-'))
  const env = {...fake.env, AWS_COGNITO_USER_POOL_ID: POOL, CONNECTION_URL: urlOf(database)}
  const start: Stage['start'] = (args, more = {}) =>
    startProgram(['setup', ...args], {cwd: folder, env: {...env, ...more}})
  try {
    await act({
      database,
      folder,
      fake,
      env,
      start,
      run: (args = [], more) => ended(start(args, more)),
      ids: () => query(IDS, database),
    })
  } finally {
    await fake.close()
    await dropDatabases(database)
    rmSync(folder, {recursive: true, force: true})
  }
}

async function exists(database: string): Promise<boolean> {
  return (await query(`SELECT FROM pg_database WHERE datname = '${database}'`)).length === 1
}

/** The words of a failure behind which the database is ready; `flags` lead to it. */
function readyWords(database: string, why: string, hint: string, flags = ''): string {
  return `Error: the database "${database}" is ready, but the Cognito ids of its users were not set: ${why}
  → ${hint === '' ? '' : `${hint}; then `}set them: cruddur-db update-cognito-user-ids${flags}; a setup that leaves them out: AWS_COGNITO_USER_POOL_ID= cruddur-db setup${flags}
`
}

describe.concurrent('a setup with a pool', () => {
  test('sets the ids at its end, as its last step', () =>
    onStage(async ({database, ids, run}) => {
      const {code, stdout, stderr} = await run()
      expect([code, stdout], stderr).toEqual([
        0,
        `the database "${database}" is ready; 1 Cognito id set\n`,
      ])
      expect(stderr).toMatch(/✔ swap \d+ ms\n✔ user-ids \d+ ms\n$/)
      expect(await ids()).toEqual(SET)
    }))

  test('says what it has done as JSON', () =>
    onStage(async ({ids, run}) => {
      const {code, stdout} = await run(['--json'])
      const json: {steps: {step: string; ms: number}[]} = JSON.parse(stdout)
      expect(code).toBe(0)
      expect(json).toMatchObject({
        seeded: true,
        userPool: {id: POOL, region: 'ca-central-1'},
        updated: 1,
        difference: {
          set: {count: 1, handles: ['andrewbrown']},
          cognitoOnly: {handles: ['nobody']},
          databaseOnly: {handles: ['bayko', 'londo']},
        },
      })
      expect(json.steps.map(({step}) => step)).toEqual([
        'create',
        'schema',
        'seed',
        'migrate',
        'swap',
        'user-ids',
      ])
      expect(await ids()).toEqual(SET)
    }))

  test('says which handles are ambiguous, also with --quiet', () =>
    onStage(async ({fake, ids, run}) => {
      const twice = [3, 4].map((number) => fakeUser(subOf(number), 'londo'))
      fake.pools.set(POOL, poolOf([fakeUser(subOf(1), 'andrewbrown'), ...twice]))
      expect(await run(['--quiet'])).toEqual({
        code: 0,
        stdout: '',
        stderr: '1 handle is ambiguous and left alone: londo (2 users in Cognito have it)\n',
      })
      expect(await ids()).toEqual(SET)
    }))

  test('names the pool in the plan of --dry-run, and asks neither Cognito nor for credentials', () =>
    onStage(async ({database, fake, run}) => {
      const none = {AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: ''}
      const {code, stdout} = await run(['--dry-run'], none)
      expect(code).toBe(0)
      expect(stdout).toMatch(new RegExp(`\\n +\\d+\\. ${STEP}\\n  lost `))
      const {plan} = JSON.parse((await run(['--dry-run', '--json'], none)).stdout)
      expect(plan.steps.at(-1)).toBe(STEP)
      expect(fake.requests).toEqual([])
      expect(await exists(database)).toBe(false)
    }))

  test('needs --confirm in production', () =>
    onStage(async ({database, fake, ids, run, env}) => {
      const more = {CONNECTION_URL: '', PROD_CONNECTION_URL: env['CONNECTION_URL'] ?? ''}
      expect((await run(['--prod', '--seed'], more)).code).toBe(4)
      expect(fake.requests).toEqual([])
      const {code, stderr} = await run(['--prod', '--seed', '--confirm', database], more)
      expect(code, stderr).toBe(0)
      expect(stderr).toContain(`. ${STEP}\n`)
      expect(await ids()).toEqual(SET)
    }))
})

describe.concurrent('no pool', () => {
  test('is what an empty variable names, whatever .env says', () =>
    onStage(async ({database, fake, folder, ids, run}) => {
      writeFileSync(join(folder, '.env'), `AWS_COGNITO_USER_POOL_ID=${POOL}\n`)
      const {code, stdout, stderr} = await run([], {AWS_COGNITO_USER_POOL_ID: ''})
      expect([code, stdout]).toEqual([0, `the database "${database}" is ready\n`])
      expect(stderr).not.toContain('user-ids')
      expect(fake.requests).toEqual([])
      expect(await ids()).toEqual(MOCKED)
    }))

  test('is what is no id of one: refused before anything is touched', () =>
    onStage(async ({database, fake, run}) => {
      const more = {AWS_COGNITO_USER_POOL_ID: 'cruddur-pool'}
      for (const args of [[], ['--dry-run']])
        expect(await run(args, more)).toEqual({
          code: 2,
          stdout: '',
          stderr: `Error: AWS_COGNITO_USER_POOL_ID is cruddur-pool: a user pool's id is its region and a name, such as ca-central-1_AbCdEf123
  → list them: aws cognito-idp list-user-pools --max-results 60
`,
        })
      expect(fake.requests).toEqual([])
      expect(await exists(database)).toBe(false)
    }))
})

describe.concurrent('a Cognito that fails leaves the database ready, and says how to go on', () => {
  const none = {AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: ''}

  test('without credentials', () =>
    onStage(async ({database, fake, ids, run}) => {
      const {code, stdout, stderr} = await run([], none)
      expect([code, stdout]).toEqual([3, ''])
      const words = readyWords(database, 'no AWS credentials can be had', CREDENTIALS_HINT)
      expect(stderr.replace(/\n {2}detail: .*/, '')).toContain(`✖ user-ids\n${words}`)
      expect(fake.requests).toEqual([])
      expect(await ids()).toEqual(MOCKED)
    }))

  const failures = [
    ['AccessDeniedException', 1, 'AWS_DENIED'],
    ['ExpiredTokenException', 3, 'AWS_CREDENTIALS'],
    ['TooManyRequestsException', 1, 'AWS_THROTTLED'],
    ['ResourceNotFoundException', 1, 'AWS_NOT_FOUND'],
  ] as const
  test.each(failures)('with %s: exit %i', (awsCode, exit, code) =>
    onStage(async ({database, fake, ids, run}) => {
      fake.fail({code: awsCode})
      const result = await run(['--json'])
      const {error} = JSON.parse(result.stdout)
      expect(result.code).toBe(exit)
      expect(error).toMatchObject({code, ready: true})
      expect(error.message).toContain(
        `the database "${database}" is ready, but the Cognito ids of its users were not set: `,
      )
      expect(error.hint).toContain('; then set them: cruddur-db update-cognito-user-ids; a setup ')
      expect(await ids()).toEqual(MOCKED)
    }),
  )

  const others = [
    ['--prod', ' --prod', ({url}) => ({PROD_CONNECTION_URL: url})],
    ['--url', ' --url URL', () => ({})],
    ['--env-file', " --env-file 'my env'", () => ({})],
  ] as const satisfies [string, string, (at: {url: string}) => Record<string, string>][]
  test.each(others)('with %s: in the commands that are hinted too', (flag, flags, variables) =>
    onStage(async ({database, env, folder, ids, run}) => {
      const url = env['CONNECTION_URL'] ?? ''
      writeFileSync(join(folder, 'my env'), `CONNECTION_URL=${url}\n`)
      const values = {'--prod': ['--seed', '--confirm', database], '--url': [url]}
      const given = {...values, '--env-file': ['my env']}[flag]
      // Where the hint would lead without the flag.
      const elsewhere = flag === '--env-file' ? {} : {CONNECTION_URL: urlOf('elsewhere')}
      const {CONNECTION_URL: _, ...rest} = env
      const child = startProgram(['setup', flag, ...given], {
        cwd: folder,
        env: {...rest, ...none, ...elsewhere, ...variables({url})},
      })
      const {code, stderr} = await ended(child)
      expect(code, stderr).toBe(3)
      const words = readyWords(database, 'no AWS credentials can be had', CREDENTIALS_HINT, flags)
      expect(stderr.replace(/\n {2}detail: .*/, '')).toContain(words)
      expect(await ids()).toEqual(MOCKED)
      expect((await run([], {CONNECTION_URL: url, AWS_COGNITO_USER_POOL_ID: ''})).code).toBe(0)
    }),
  )

  test('with a schema that has no users', () =>
    onStage(async ({database, fake, folder, run}) => {
      writeFileSync(join(folder, 'own.sql'), 'CREATE TABLE t (n int);\n')
      const {code, stderr} = await run(['--schema-file', 'own.sql', '--no-seed'])
      expect(code).toBe(1)
      expect(stderr).toContain(`✖ user-ids
Error: the database "${database}" is ready, but the Cognito ids of its users were not set: the database "${database}" has no table public.users
  → a setup that leaves them out: AWS_COGNITO_USER_POOL_ID= cruddur-db setup
`)
      expect(fake.requests).toEqual([])
    }))

  test('with a connection that is lost at COMMIT, when the ids may be set', () =>
    onStage(async ({database, folder, run}) => {
      writeFileSync(
        join(folder, 'dies.sql'),
        `CREATE TABLE users (handle text, cognito_user_id text);
INSERT INTO users VALUES ('andrewbrown', 'MOCK');
CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql
  AS 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER die AFTER UPDATE ON users DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION die();
`,
      )
      const {code, stderr} = await run(['--schema-file', 'dies.sql', '--no-seed'])
      expect(code).toBe(3)
      expect(stderr).toContain(
        `Error: the database "${database}" is ready, but setting the Cognito ids of its users failed: the connection was lost at COMMIT, and either all ids are set now or none\n`,
      )
    }))

  test('with Ctrl-C while the pool is read', () =>
    onStage(async ({database, fake, ids, start}) => {
      const asked = new Promise<void>((resolve) => {
        fake.before(() => {
          resolve()
          return new Promise(() => {})
        })
      })
      const child = start([])
      const result = ended(child)
      await asked
      const {exit, stdout, stderr} = await interrupt({child, result}, 'SIGINT')
      expect([exit, stdout]).toEqual([130, ''])
      expect(stderr).toMatch(/✔ swap \d+ ms\n✖ user-ids\nError: /)
      expect(stderr).toContain(readyWords(database, 'interrupted', ''))
      expect(await ids()).toEqual(MOCKED)
    }))
})
