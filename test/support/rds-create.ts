import type {ChildProcess} from 'node:child_process'
import {mkdtempSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {vi} from 'vitest'
import {instancePolicy} from '../../src/lib/aws/policy.js'
import {type Rds, withRds} from '../../src/lib/aws/rds.js'
import {type FakeAws, type FakeAwsOptions, startFakeAws} from './aws/fake-aws.js'
import {ended, type ProgramResult, startProgram} from './program.js'
import {until} from './wait.js'

export const NAME = 'cruddur-db-instance'
export const HOST = `${NAME}.c9akciq32rmm.ca-central-1.rds.amazonaws.com`
/** That of the recorded requests, `test/fixtures/aws`. */
export const PASSWORD = 'huEE33z2Qvl383'

/** The first line of stderr. */
export const AWS_LINE = `AWS  ca-central-1  ${NAME}\n`

/** What stderr says of an instance with every default, and where its password comes from. */
export const planWith = (password: string): string => `This will create a DB instance:
  identifier  cruddur-db-instance
  region      ca-central-1
  zone        any
  class       db.t3.micro
  engine      PostgreSQL 17
  storage     20 GiB gp2, encrypted
  database    cruddur, port 5432
  user        cruddurroot
  password    ${password}
  reachable   from the internet
  backups     none
  insights    Performance Insights, 7 days
  ! AWS charges for db.t3.micro and 20 GiB until the instance is deleted
  ! it has a public address: all that its security group admits can try to log in
  ! there are no backups: what is lost stays lost
  ! nothing keeps it from being deleted by mistake
`

/** That of {@link AwsStage}. */
export const PLAN = planWith('RDS_MASTER_PASSWORD')

const empty = mkdtempSync(join(tmpdir(), 'cruddur-db-test-'))

export interface Creation {
  child: ChildProcess
  result: Promise<ProgramResult>
  /** Waits until its stderr holds `text`. */
  says: (text: string) => Promise<void>
}

/** A fake AWS of a test's own, and the built `rds-create` as it is run on it. */
export interface AwsStage {
  fake: FakeAws
  /** Starts `rds-create`; `env` stands before the fake's variables and RDS_MASTER_PASSWORD, and `undefined` unsets. */
  start: (args: readonly string[], env?: Record<string, string | undefined>) => Creation
  run: (
    args: readonly string[],
    env?: Record<string, string | undefined>,
  ) => Promise<ProgramResult & {json: unknown}>
  /** With consent. */
  create: (
    args?: readonly string[],
    env?: Record<string, string | undefined>,
  ) => Promise<ProgramResult & {json: unknown}>
  /** The actions that were asked for so far. */
  actions: () => string[]
  /** The form of the one CreateDBInstance there was. */
  created: () => Record<string, string>
  /** Waits until an action was asked for `times` times. */
  asked: (action: string, times: number) => Promise<void>
  /** Has AWS say from now on that the instance is so. */
  setStatus: (status: string) => void
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function stageOf(fake: FakeAws, cwd: string): AwsStage & {kill: () => void} {
  const children: ChildProcess[] = []
  const start: AwsStage['start'] = (args, env = {}) => {
    const merged = {...fake.env, RDS_MASTER_PASSWORD: PASSWORD, ...env}
    const variables = Object.entries(merged).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    )
    const child = startProgram(['rds-create', ...args], {cwd, env: Object.fromEntries(variables)})
    children.push(child)
    let said = ''
    child.stderr?.on('data', (data) => {
      said += data
    })
    const says = (text: string): Promise<void> =>
      until(
        () => said.includes(text),
        () => `"${text}" in:\n${said}`,
      )
    return {child, result: ended(child), says}
  }
  const run: AwsStage['run'] = async (args, env) => {
    const result = await start(args, env).result
    return {...result, json: parsed(result.stdout)}
  }
  const actions = (): string[] => fake.requests.map(({action}) => action)
  return {
    fake,
    start,
    run,
    create: (args = [], env) => run(['--confirm', NAME, ...args], env),
    actions,
    created: () => {
      const forms = fake.requests.filter(({action}) => action === 'CreateDBInstance')
      if (forms.length !== 1) throw new Error(`asked for: ${actions().join(' ')}`)
      return forms[0]?.params ?? {}
    },
    asked: (action, times) =>
      until(
        () => actions().filter((name) => name === action).length >= times,
        () => `${times} ${action}; asked for: ${actions().join(' ')}`,
      ),
    setStatus: (status) => {
      fake.statuses = [status]
      const instance = fake.instances.get(NAME)
      if (instance) instance.DBInstanceStatus = status
    },
    kill: () => {
      for (const child of children) if (child.exitCode === null) child.kill('SIGKILL')
    },
  }
}

/**
 * A test's function that gets a stage and ends what it started.
 *
 * @param cwd where the programs run; an empty folder unless told
 */
export function onStage(
  fn: (stage: AwsStage) => Promise<void>,
  {cwd = empty, ...options}: FakeAwsOptions & {cwd?: string} = {},
): () => Promise<void> {
  return async () => {
    const fake = await startFakeAws(options)
    const stage = stageOf(fake, cwd)
    try {
      await fn(stage)
    } finally {
      stage.kill()
      await fake.close()
    }
  }
}

/** RDS as the program opens it, on a fake AWS. */
export async function withFakeRds<T>(fake: FakeAws, fn: (rds: Rds) => Promise<T>): Promise<T> {
  for (const [name, value] of Object.entries(fake.env)) vi.stubEnv(name, value)
  vi.stubEnv('AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED', 'true')
  try {
    return await withRds({region: 'ca-central-1', policy: instancePolicy(false)}, fn)
  } finally {
    vi.unstubAllEnvs()
  }
}
