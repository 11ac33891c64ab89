import {mkdtempSync, readFileSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {AWS_LINE, NAME, onStage, PASSWORD, planWith} from '../support/rds-create.js'

const NOWHERE = {
  AWS_ACCESS_KEY_ID: undefined,
  AWS_SECRET_ACCESS_KEY: undefined,
  AWS_REGION: undefined,
}

/** What no output may hold, as it is and as it stands in URLs, JSON, XML and shells. */
function traces(password: string, output: string): string[] {
  const forms = [password, encodeURIComponent(password), JSON.stringify(password).slice(1, -1)]
  return forms.filter((form) => output.includes(form))
}

const AWKWARD = [
  '$HOME`id`$(id)%41\\n',
  "o'clock''\\'",
  '%%%25%00%n&a=b+c;d',
  '<b>&amp;<!--#!{}[]',
  '--confirm=x',
  '~'.repeat(128),
  '!'.repeat(8),
]

describe.concurrent('a password', () => {
  test.each(AWKWARD)('reaches AWS as it is, and nothing else: %s', (password) =>
    onStage(async (stage) => {
      const env = {RDS_MASTER_PASSWORD: password, DEBUG: '*'}
      const {code, stdout, stderr} = await stage.create(['--no-wait', '--json'], env)
      expect(stage.created()['MasterUserPassword']).toBe(password)
      expect(traces(password, stdout + stderr)).toEqual([])
      expect(code).toBe(0)
    })(),
  )

  test.each(AWKWARD)('is in no error, though AWS repeats it: %s', (password) =>
    onStage(async (stage) => {
      const message = `Invalid master password: ${password} (${password})`
      stage.fake.fail('CreateDBInstance', {code: 'InvalidParameterValue', message})
      for (const args of [[], ['--json']]) {
        const env = {RDS_MASTER_PASSWORD: password, DEBUG: '*'}
        const {code, stdout, stderr} = await stage.create(args, env)
        expect(stdout + stderr).toContain('Invalid master password: *** (***)')
        expect(traces(password, stdout + stderr)).toEqual([])
        expect(code).toBe(1)
      }
    })(),
  )

  test(
    'is not in the list of processes',
    onStage(async (stage) => {
      stage.fake.statuses = ['creating']
      const {child, result, says} = stage.start(['--confirm', NAME])
      await says('creating\n')
      const line = readFileSync(`/proc/${child.pid}/cmdline`, 'utf8')
      expect(line.split('\0').slice(2)).toEqual(['rds-create', '--confirm', NAME, ''])
      child.kill('SIGTERM')
      await result
    }),
  )

  test.each([
    ['--master-user-password', ' '],
    ['--master-user-password', '='],
  ])('as a flag is refused and not repeated: %s%sVALUE', (flag, between) =>
    onStage(async (stage) => {
      const args = between === '=' ? [`${flag}=${PASSWORD}`] : [flag, PASSWORD]
      const {code, stdout, stderr} = await stage.create(args)
      expect(stdout).toBe('')
      expect(stderr).toBe(`Error: a password does not belong on a command line
  → set RDS_MASTER_PASSWORD instead, or be asked for it; and take a new one, for this one may have been seen
`)
      expect(code).toBe(2)
      const debug = await stage.create([...args, '--json'], {DEBUG: '*'})
      expect(debug.json).toMatchObject({error: {code: 'USAGE'}})
      expect(debug.stdout + debug.stderr).not.toContain(PASSWORD)
      expect(stage.actions()).toEqual([])
    })(),
  )

  test.each(['--master-password', '--password', '--master-user-passwd'])(
    'behind a flag that is spelt wrong is not repeated: %s=VALUE',
    (flag) =>
      onStage(async (stage) => {
        for (const args of [[`${flag}=${PASSWORD}`], [flag, PASSWORD]]) {
          const {code, stdout, stderr} = await stage.create(args)
          expect(stdout + stderr).toContain(flag)
          expect(stdout + stderr).not.toContain(PASSWORD)
          expect(code).toBe(2)
        }
      })(),
  )
})

/** A folder with a `.env`. */
function folderWith(env: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'cruddur-db-test-'))
  const lines = Object.entries(env).map(([name, value]) => `${name}='${value}'\n`)
  writeFileSync(join(folder, '.env'), lines.join(''))
  return folder
}

describe.concurrent('the variables', () => {
  const keys = {
    AWS_ACCESS_KEY_ID: 'AKIAFAKEFORTESTS0000',
    AWS_SECRET_ACCESS_KEY: 'fake/secret+of/the/tests/0123456789abcdef',
  }
  test(
    'of .env count: keys, region and password, but never another endpoint',
    onStage(
      async (stage) => {
        const {code, stderr} = await stage.create(['--no-wait'], {
          ...NOWHERE,
          RDS_MASTER_PASSWORD: undefined,
        })
        expect(stderr).toBe(AWS_LINE + planWith('RDS_MASTER_PASSWORD of the environment file'))
        expect(code).toBe(0)
        expect(stage.created()['MasterUserPassword']).toBe('from-the-file')
      },
      {
        cwd: folderWith({
          ...keys,
          AWS_REGION: 'ca-central-1',
          RDS_MASTER_PASSWORD: 'from-the-file',
          AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
          AWS_ENDPOINT_URL_RDS: 'http://127.0.0.1:1',
          AWS_CONFIG_FILE: '/dev/stdin',
        }),
      },
    ),
  )

  test(
    'of the process stand before those of .env, a login as a whole',
    onStage(
      async (stage) => {
        const {code} = await stage.create(['--no-wait'])
        expect(code).toBe(0)
        expect(stage.created()['MasterUserPassword']).toBe(PASSWORD)
      },
      {
        cwd: folderWith({
          AWS_ACCESS_KEY_ID: 'AKIAOTHER',
          AWS_SECRET_ACCESS_KEY: 'other',
          AWS_SESSION_TOKEN: 'other',
          AWS_PROFILE: 'other',
          RDS_MASTER_PASSWORD: 'from-the-file',
        }),
      },
    ),
  )

  test.each([
    ['--region', ['--region', 'eu-west-1'], {}],
    [
      'AWS_REGION before AWS_DEFAULT_REGION',
      [],
      {AWS_REGION: ' eu-west-1\t', AWS_DEFAULT_REGION: 'us-east-1'},
    ],
    ['AWS_DEFAULT_REGION', [], {AWS_REGION: undefined, AWS_DEFAULT_REGION: 'eu-west-1'}],
  ])('name the region: %s', (_, args, env) =>
    onStage(async (stage) => {
      const {code, stderr} = await stage.create([...args, '--no-wait'], env)
      expect(stderr).toContain(`AWS  eu-west-1  ${NAME}\n`)
      expect(stderr).toContain('\n  region      eu-west-1\n')
      expect(code).toBe(0)
      for (const {headers} of stage.fake.requests) {
        expect(headers.authorization).toContain('/eu-west-1/rds/aws4_request')
      }
    })(),
  )
})
