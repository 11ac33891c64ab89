import {spawnSync} from 'node:child_process'
import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {Command} from '@oclif/core'
import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {parseDocument} from 'yaml'
import {rulePolicy} from '../src/lib/aws/policy.js'
import {packageRoot} from './support/program.js'

interface Devcontainer {
  image: string
  postCreateCommand: string
  postStartCommand: string
  forwardPorts: number[]
  secrets: Record<string, {description: string}>
}

interface OnaTask {
  name: string
  command: string
  triggeredBy: string[]
}

interface GitpodTask {
  init: string
  command: string
}

interface Step {
  name?: string
  uses?: string
  run?: string
  if?: string
  env?: Record<string, string>
  with?: Record<string, unknown>
  'timeout-minutes': number
}

interface Workflow {
  on: Record<string, unknown>
  concurrency: {group: string; 'cancel-in-progress': boolean}
  permissions: Record<string, string>
  jobs: Record<string, {'timeout-minutes': number; env: Record<string, string>; steps: Step[]}>
}

interface Compose {
  services: {
    db: {
      image: string
      environment: Record<string, string>
      ports: string[]
      volumes: string[]
      healthcheck: {test: string[]}
    }
  }
  volumes: Record<string, unknown>
}

const FILES = [
  '.devcontainer/devcontainer.json',
  '.ona/automations.yaml',
  '.gitpod.yml',
  '.github/workflows/database.yml',
  'docker-compose.yml',
] as const

const read = (path: string): string => readFileSync(join(packageRoot, path), 'utf8')

/** A file's content; what a strict parser only warns of is an error too. */
function readYaml(path: string): unknown {
  const document = parseDocument(read(path), {strict: true, uniqueKeys: true})
  expect([...document.errors, ...document.warnings], path).toEqual([])
  return document.toJS()
}

const devcontainer = JSON.parse(read('.devcontainer/devcontainer.json')) as Devcontainer
const ona = readYaml('.ona/automations.yaml') as {tasks: Record<string, OnaTask>}
const gitpod = readYaml('.gitpod.yml') as {image: string; tasks: GitpodTask[]}
const workflow = readYaml('.github/workflows/database.yml') as Workflow
const compose = readYaml('docker-compose.yml') as Compose
const manual = read('docs/START-UP.md')

const [onaTask] = Object.values(ona.tasks)
const [gitpodTask] = gitpod.tasks
const [job] = Object.values(workflow.jobs)
if (!onaTask || !gitpodTask || !job) throw new Error('a start-up file has nothing to do')

const NPX = 'npx --no --offline -- '
const hooks = [
  {platform: 'dev container', command: devcontainer.postStartCommand},
  {platform: 'Ona', command: onaTask.command},
  {platform: 'Gitpod Classic', command: gitpodTask.command},
]

let bin: string
beforeAll(() => {
  bin = mkdtempSync(join(tmpdir(), 'cruddur-db-hooks-'))
})
beforeEach(() => rmSync(join(bin, 'npx'), {force: true}))
afterAll(() => rmSync(bin, {recursive: true, force: true}))

/** Puts a program on the PATH of {@link runShell} that shows its arguments, speaks on stderr and ends with `exit`. */
function stubProgram(name: string, exit: number, says = ''): void {
  const shown = [`printf '<%s>' ${name} "$@"`, `printf %s '${says}'`]
  const lines = ['#!/bin/sh', ...shown, 'echo "words of the tool" >&2']
  writeFileSync(join(bin, name), [...lines, `exit ${exit}`, ''].join('\n'), {mode: 0o755})
}

function runShell(shell: 'sh' | 'bash', args: string[], env: Record<string, string> = {}) {
  return spawnSync(`/bin/${shell}`, args, {cwd: bin, encoding: 'utf8', env: {PATH: bin, ...env}})
}

const brackets = (...args: string[]): string => args.map((arg) => `<${arg}>`).join('')

describe.each(hooks)('the hook of $platform', ({command}) => {
  const call = brackets(...NPX.trim().split(' '), 'cruddur-db', 'rds-update-sg-rule')

  test.each([0, 1, 2, 3, 130])(
    'lets the workspace start when the tool ends with %i, and shows its words',
    (exit) => {
      stubProgram('npx', exit)
      expect(runShell('sh', ['-c', command])).toMatchObject({
        status: 0,
        stdout: call,
        stderr: 'words of the tool\n',
      })
    },
  )

  test('lets the workspace start where there is no npx, and the shell says so', () => {
    const {status, stderr} = runShell('sh', ['-c', command])
    expect(status).toBe(0)
    expect(stderr).toContain('npx')
  })
})

const expression = (value: string): string => `\${{ ${value} }}`

/**
 * What GitHub does with a job's steps: after a failure only those that say `always()`.
 *
 * @param failing part of the command that fails
 * @param cidr what the rule says whenever it is asked
 */
const runJob = (failing?: string, cidr = '192.0.2.1/32'): {calls: string[]; failed: boolean} => {
  const calls: string[] = []
  const env = {GITHUB_RUN_ID: '42', PATH: `${bin}:/usr/bin:/bin`}
  let failed = false
  for (const step of job.steps) {
    if (!step.run || (failed && step.if !== 'always()')) continue
    const fails = failing !== undefined && step.run.includes(failing)
    const says = fails ? '{"error":{}}' : JSON.stringify({rule: {cidr}}, null, 2)
    for (const name of ['npm', 'npx']) stubProgram(name, fails ? 1 : 0, `\n${says}`)
    const {status, stdout} = runShell('bash', ['-e', '-c', step.run], env)
    calls.push(stdout.replace(/\n[\s\S]*/, ''))
    failed ||= status !== 0
  }
  return {calls, failed}
}

describe('the job of GitHub Actions', () => {
  const npx = (...args: string[]) => brackets(...NPX.trim().split(' '), 'cruddur-db', ...args)
  const install = brackets('npm', 'ci')
  const open = npx('rds-update-sg-rule', '--description', 'GitHub Actions, run 42')
  const work = npx('sessions', '--prod', '--json')
  const description = 'GitHub Actions, shut (192.0.2.1 is nobody, RFC 5737)'
  const shut = npx(
    'rds-update-sg-rule',
    '--ip',
    '192.0.2.1',
    '--description',
    description,
    '--json',
  )

  test.each([
    ['nothing', undefined, [install, open, work, shut]],
    ['the installation', 'npm ci', [install, shut]],
    ['opening', '$GITHUB_RUN_ID', [install, open, shut]],
    ['the work', 'sessions', [install, open, work, shut]],
    ['shutting', '192.0.2.1', [install, open, work, shut]],
  ])('shuts the door at the end when %s fails, and is red only then', (_, failing, calls) => {
    expect(runJob(failing)).toEqual({calls, failed: failing !== undefined})
  })

  test('goes red when the rule still admits somebody, though the command was content', () => {
    expect(runJob(undefined, '203.0.113.9/32')).toEqual({
      calls: [install, open, work, shut],
      failed: true,
    })
  })

  test('has time left to shut the door when every step before it hangs', () => {
    const limits = job.steps.map((step) => step['timeout-minutes'])
    expect(limits.every((limit) => Number.isInteger(limit) && limit > 0)).toBe(true)
    expect(limits.reduce((sum, limit) => sum + limit, 0)).toBeLessThan(job['timeout-minutes'])
  })

  test('is started by hand only, with no rights but to read and to ask for a token', () => {
    expect(workflow.on).toEqual({workflow_dispatch: null})
    expect(workflow.permissions).toEqual({contents: 'read', 'id-token': 'write'})
  })

  test('never runs twice at a time, and is not cancelled by a second run', () => {
    expect(workflow.concurrency).toEqual({
      group: expect.stringMatching(/^[\w-]+$/),
      'cancel-in-progress': false,
    })
  })

  test('uses a rule of its own, not the one that developers share', () => {
    expect(job.env).toEqual({
      DB_SG_ID: expression('vars.DB_SG_ID'),
      DB_SG_RULE_ID: expression('vars.DB_SG_RULE_ID_CI'),
    })
  })

  test('logs in to AWS by role, after the packages have run their install scripts', () => {
    const uses = job.steps.map((step) => step.uses ?? step.run ?? '')
    const login = uses.findIndex((text) =>
      text.startsWith('aws-actions/configure-aws-credentials@'),
    )
    expect(uses.indexOf('npm ci')).toBeLessThan(login)
    expect(Object.keys(job.steps[login]?.with ?? {}).sort()).toEqual([
      'aws-region',
      'role-to-assume',
    ])
    expect(job.steps.findIndex((step) => step.run?.includes('cruddur-db'))).toBeGreaterThan(login)
  })

  test('pins actions by their major version, and runs on Node 22', () => {
    const actions = job.steps.flatMap((step) => step.uses ?? [])
    expect(actions.filter((action) => !/^[\w-]+\/[\w-]+@v\d+$/.test(action))).toEqual([])
    const node = job.steps.find((step) => step.uses?.startsWith('actions/setup-node@'))
    expect(node?.with).toEqual({'node-version': 22})
  })

  test('puts no expression into a shell, and secrets into the environment of one step only', () => {
    expect(job.steps.filter((step) => step.run?.includes('${{'))).toEqual([])
    const withSecrets = job.steps.filter((step) => JSON.stringify(step).includes('secrets.'))
    expect(withSecrets.map((step) => step.env)).toEqual([
      {PROD_CONNECTION_URL: expression('secrets.PROD_CONNECTION_URL')},
    ])
  })

  test('describes the rule in characters that EC2 takes', () => {
    // API reference of EC2, IpRange.Description.
    const descriptions = job.steps.flatMap(
      (step) => step.run?.match(/(?<=--description ")[^"]*/g) ?? [],
    )
    expect(descriptions).toHaveLength(2)
    for (const text of descriptions)
      expect(text).toMatch(/^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]{1,255}$/)
  })
})

describe('what the platforms demand', () => {
  test('devcontainer.json: known properties, Node 22, install once, the address at every start', () => {
    const known =
      'name image postCreateCommand postStartCommand forwardPorts portsAttributes secrets'
    expect(Object.keys(devcontainer)).toEqual(known.split(' '))
    expect(devcontainer.image).toMatch(
      /^mcr\.microsoft\.com\/devcontainers\/(typescript|javascript)-node:22(-\w+)?$/,
    )
    expect(devcontainer.postCreateCommand).toBe('npm ci')
    expect(devcontainer.forwardPorts).toEqual([5432])
  })

  test('devcontainer.json: secrets are names with a description, and the manual knows each', () => {
    expect(Object.keys(devcontainer.secrets).length).toBeGreaterThan(0)
    for (const [name, secret] of Object.entries(devcontainer.secrets)) {
      expect(name).toMatch(/^[a-zA-Z_][a-zA-Z0-9_]*$/)
      expect(secret).toEqual({description: expect.stringMatching(/\w/)})
      expect(manual).toContain(`\`${name}\``)
    }
  })

  test('automations.yaml: no field Ona does not know, and triggers that include every resume', () => {
    // ona.com/docs/ona/reference/automations-yaml-schema
    expect(Object.keys(ona)).toEqual(['tasks'])
    expect(Object.keys(ona.tasks)[0]).toMatch(/^[a-zA-Z0-9_-]{1,128}$/)
    expect(Object.keys(onaTask).sort()).toEqual(['command', 'description', 'name', 'triggeredBy'])
    expect(onaTask.triggeredBy).toEqual(['postEnvironmentStart', 'manual'])
  })

  test('.gitpod.yml: install once, the address at every start and looked up anew', () => {
    expect(Object.keys(gitpod)).toEqual(['image', 'tasks', 'ports'])
    expect(gitpod.image).toMatch(/^node:22(-\w+)?$/)
    expect(Object.keys(gitpodTask)).toEqual(['name', 'init', 'command'])
    expect(gitpodTask.init).toBe('npm ci')
    expect(gitpodTask.command).not.toContain('GITPOD_IP')
  })
})

describe('docker-compose.yml', () => {
  const {db} = compose.services
  const url = new URL(/^#?CONNECTION_URL=(.+)$/m.exec(read('.env.example'))?.[1] ?? '')

  test('is the server of CONNECTION_URL in .env.example, and of this machine alone', () => {
    expect(url.protocol + url.username).toBe('postgresql:postgres')
    expect(db.environment).toEqual({POSTGRES_PASSWORD: decodeURIComponent(url.password)})
    expect(url.hostname).toBe('localhost')
    expect(db.ports).toEqual([`127.0.0.1:${url.port}:5432`])
    expect(manual).toContain(`CONNECTION_URL=${url.href}\n`)
    expect(manual).toContain(url.href.replace('localhost', 'db'))
  })

  test('keeps its data in a named volume, where this version of the image writes', () => {
    const version = Number(/^postgres:(\d+)$/.exec(db.image)?.[1])
    // docker-library/postgres#1259 moved it in 18.
    const path = version < 18 ? '/var/lib/postgresql/data' : '/var/lib/postgresql'
    const [volume = ''] = Object.keys(compose.volumes)
    expect(db.volumes).toEqual([`${volume}:${path}`])
  })

  test('counts as healthy only when it answers by TCP', () => {
    expect(db.healthcheck.test).toEqual([
      'CMD',
      'pg_isready',
      '--host=127.0.0.1',
      `--username=${url.username}`,
    ])
  })
})

/** A command's flags as a user writes them. */
async function flagsOf(name: string): Promise<string[]> {
  const {default: command}: {default: typeof Command} = await import(`../src/commands/${name}.ts`)
  const flags = Object.entries({...command.baseFlags, ...command.flags})
  return [
    ...(command.enableJsonFlag ? ['--json'] : []),
    ...flags.map(([flag]) => `--${flag}`),
    ...flags.flatMap(([flag, {type, ...rest}]) =>
      type === 'boolean' && 'allowNo' in rest && rest.allowNo ? [`--no-${flag}`] : [],
    ),
  ]
}

/** What a reader may type: in a manual only what stands in backticks or fences. */
function typed(path: string): string {
  const text = read(path)
  if (!path.endsWith('.md')) return text
  return (text.match(/```[\s\S]*?```|`[^`\n]+`/g) ?? []).join('\n')
}

describe('what these files tell to run', () => {
  test.each([...FILES, 'docs/START-UP.md'])(
    '%s: commands and flags the program has',
    async (path) => {
      const names = readdirSync(join(packageRoot, 'src/commands')).map((file) => file.slice(0, -3))
      const lines = [...typed(path).matchAll(/(?<![\w./-])cruddur-db ([a-z-]+)([^\n`|]*)/g)]
      expect(lines).not.toEqual([])
      for (const [line, name = '', rest = ''] of lines) {
        expect(names, line).toContain(name)
        expect(await flagsOf(name), line).toEqual(
          expect.arrayContaining(rest.match(/(?<=\s)--[\w-]+/g) ?? []),
        )
      }
    },
  )

  test('npx runs the installed program and never fetches one of that name', () => {
    const calls = [...FILES, 'docs/START-UP.md'].flatMap(
      (path) => typed(path).match(/npx [^\n`]*cruddur-db.*/g) ?? [],
    )
    expect(calls).toHaveLength(9)
    expect(calls.filter((call) => !call.startsWith(`${NPX}cruddur-db `))).toEqual([])
  })

  const scripts = [
    devcontainer.postCreateCommand,
    gitpodTask.init,
    ...hooks.map((hook) => hook.command),
    ...job.steps.flatMap((step) => step.run ?? []),
    ...[...manual.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1] ?? ''),
  ]
  test.each(scripts)('a shell can read: %s', (script) => {
    for (const shell of ['sh', 'bash'] as const) {
      expect(runShell(shell, ['-n', '-c', script])).toMatchObject({status: 0, stderr: ''})
    }
  })
})

test('the policy in the manual is the one the command prints', () => {
  const policy = JSON.parse(/```json\n([\s\S]*?)```/.exec(manual)?.[1] ?? '') as unknown
  const ids = {groupId: 'DB_SG_ID', ruleId: 'DB_SG_RULE_ID'}
  expect(policy).toEqual(rulePolicy({region: 'REGION', account: 'ACCOUNT', ...ids}))
})

/** Keys of AWS and GitHub, private keys, ids of real rules, and passwords in URLs but the two that are none. */
function secretsIn(text: string): string[] {
  const keys = /\b(AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[a-z]_\w{20,}|PRIVATE KEY|\bsgr?-[0-9a-f]{8,17}\b/g
  const accounts = /\b\d{12}\b|(?<![\w/+])[\w/+]{40}(?![\w/+])/g
  const passwords = /:\/\/[^:@/\s]+:(?!password@|PASSWORD@)[^@/\s]+@/g
  return [keys, accounts, passwords].flatMap((pattern) => text.match(pattern) ?? [])
}

describe('no secret is in', () => {
  test.each([...FILES, 'docs/START-UP.md'])('%s', (path) => {
    expect(secretsIn(read(path))).toEqual([])
  })

  test('… which this test would notice', () => {
    const secrets = [
      `AKIA${'A1'.repeat(8)}`,
      `ghp_${'a'.repeat(36)}`,
      `sgr-${'0a'.repeat(8)}`,
      '1234'.repeat(3),
      'aB3/'.repeat(10),
      '://me:hunter2@',
    ]
    expect(
      secrets.filter(
        (secret) => secretsIn(`x: ${secret}h`).length + secretsIn(secret).length === 0,
      ),
    ).toEqual([])
  })
})
