import {readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs'
import {basename, join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type FakeAws, startFakeAws} from '../support/aws/fake-aws.js'
import {openLoads} from '../support/loads.js'
import {dropDatabases, freshName, urlOf} from '../support/postgres.js'
import {packageRoot} from '../support/program.js'
import {openTerminal} from '../support/terminal.js'

/** What must not be loaded unasked, known by words that minifying leaves in it. */
const PARTS = {
  sdk: /AWS4-HMAC-SHA256|@smithy|aws-sdk/,
  rds: /2014-10-31/,
  ec2: /2016-11-15/,
  prompts: /ExitPromptError/,
  authorities: /BEGIN CERTIFICATE/,
}
type Part = keyof typeof PARTS

const PARTS_OF_RDS: Part[] = ['sdk', 'rds']
const PARTS_OF_EC2: Part[] = ['sdk', 'ec2']

const database = freshName()
const nobody = 'postgres://u:p@127.0.0.1:1/d'
const loads = openLoads()
let fake: FakeAws

beforeAll(async () => {
  writeFileSync(join(loads.folder, 'psql'), '#!/bin/sh\nexit 0\n', {mode: 0o755})
  fake = await startFakeAws()
})
afterAll(async () => {
  await fake.close()
  await dropDatabases(database)
  loads.close()
})

function partsOf(file: string): Part[] {
  const text = readFileSync(file, 'utf8')
  return (Object.keys(PARTS) as Part[]).filter((part) => PARTS[part].test(text))
}

async function load(args: readonly string[], env: Record<string, string> = {}) {
  const {code, stderr, files} = await loads.run(args, env)
  return {code, parts: new Set(files.flatMap(partsOf)), files, stderr}
}

const none = (code: number) => ({code, parts: new Set()})
const only = (parts: Part[], code = 0) => ({code, parts: new Set(parts)})

describe('neither AWS code, prompts nor certificates are loaded by', () => {
  test.each<[string[], number]>([
    [[], 0],
    [['--version'], 0],
    [['--help'], 0],
    [['help', 'seed'], 0],
    [['setup', '--help'], 0],
    [['rds-create', '--help'], 0],
    [['rds-update-sg-rule', '--help'], 0],
    [['no-such-command'], 2],
    [['create', '--no-such-flag'], 2],
    [['server', 'status'], 0],
    [['connect', '--url', nobody], 0],
    [['create', '--url', nobody], 3],
    [['seed', '--url', nobody], 3],
    [['sessions', '--url', nobody], 3],
    [['drop', '--url', nobody, '--json'], 3],
  ])('%j', async (args, code) => {
    expect(await load(args)).toMatchObject(none(code))
  })

  test('the life of a database, from create to drop', async () => {
    const url = ['--url', urlOf(database)]
    expect(await load(['create', ...url])).toMatchObject(none(0))
    expect(await load(['schema-load', ...url])).toMatchObject(none(0))
    expect(await load(['seed', ...url])).toMatchObject(none(0))
    expect(await load(['sessions', ...url])).toMatchObject(none(0))
    expect(await load(['setup', ...url])).toMatchObject(none(0))
    expect(await load(['drop', ...url])).toMatchObject(none(0))
  })

  test('a production command that is refused, or consented to with --confirm', async () => {
    const env = {PROD_CONNECTION_URL: urlOf(database)}
    expect(await load(['create', '--prod'], env)).toMatchObject(none(0))
    expect(await load(['drop', '--prod'], env)).toMatchObject(none(4))
    expect(await load(['drop', '--prod', '--confirm', database], env)).toMatchObject(none(0))
  })
})

describe('rds-update-sg-rule', () => {
  const ids = {DB_SG_ID: 'sg-0123456789abcdef0', DB_SG_RULE_ID: 'sgr-0123456789abcdef0'}

  test('loads nothing of AWS while a variable is missing', async () => {
    const {DB_SG_ID} = ids
    expect(await load(['rds-update-sg-rule'], {...fake.env, DB_SG_ID})).toMatchObject(none(2))
  })

  test('loads EC2 and not RDS, whether it changes the rule or not, and passes no warning of the SDK on', async () => {
    const env = {...fake.env, ...ids, GITPOD_IP: '203.0.113.9'}
    const [read, change] = ['DescribeSecurityGroupRules', 'ModifySecurityGroupRules']
    for (const actions of [[read, change, read], [read]]) {
      fake.requests.length = 0
      const {code, parts, stderr} = await load(['rds-update-sg-rule'], env)
      expect({code, parts}).toEqual(only(PARTS_OF_EC2))
      expect(fake.requests.map(({action}) => action)).toEqual(actions)
      expect(stderr).not.toMatch(/warning/i)
    }
  })
})

describe('rds-create', () => {
  test('loads nothing of AWS while there is no password, or a flag is wrong', async () => {
    const confirm = ['--confirm', 'cruddur-db-instance']
    expect(await load(['rds-create', ...confirm], fake.env)).toMatchObject(none(2))
    const small = ['rds-create', '--dry-run', '--allocated-storage', '1']
    expect(await load(small, fake.env)).toMatchObject(none(2))
  })

  test('loads nothing of AWS while it is not confirmed', async () => {
    const env = {...fake.env, RDS_MASTER_PASSWORD: 'correct-horse-battery'}
    expect(await load(['rds-create'], env)).toMatchObject(none(4))
  })

  test('loads RDS and not EC2, and asks nothing when all is given', async () => {
    expect(await load(['rds-create', '--dry-run'], fake.env)).toMatchObject(only(PARTS_OF_RDS))
    const args = ['rds-create', '--no-wait', '--confirm', 'cruddur-db-instance']
    const env = {...fake.env, RDS_MASTER_PASSWORD: 'correct-horse-battery'}
    expect(await load(args, env)).toMatchObject(only(PARTS_OF_RDS))
    expect([...fake.instances.keys()]).toEqual(['cruddur-db-instance'])
  })
})

describe('what is loaded where it is needed', () => {
  const rdsHost = (port: string) =>
    `postgres://u:p@db.abc.ca-central-1.rds.amazonaws.com:${port}/d?hostaddr=127.0.0.1`

  test('the certificates of RDS for an RDS host', async () => {
    expect(await load(['create', '--url', rdsHost('1')])).toMatchObject(only(['authorities'], 3))
  })

  test('the signer for --iam-auth, and neither service', async () => {
    const args = ['connect', '--iam-auth', '--url', rdsHost(new URL(urlOf('d')).port)]
    expect(await load(args, fake.env)).toMatchObject(only(['sdk', 'authorities']))
  })

  test('the prompts where a person is asked', async () => {
    const env = {PROD_CONNECTION_URL: urlOf(database)}
    await load(['create', '--prod'], env)
    const terminal = openTerminal(['drop', '--prod'], loads.options(env))
    await terminal.shows('to go on:')
    terminal.type('no\r')
    expect(await terminal.ended).toBe(4)
    expect(new Set(loads.files().flatMap(partsOf))).toEqual(new Set(['prompts']))
  })
})

describe('the bundle', () => {
  const dist = join(packageRoot, 'dist')
  const files = readdirSync(dist, {recursive: true, encoding: 'utf8'})
    .filter((name) => name.endsWith('.js'))
    .map((name) => join(dist, name))

  test.each(Object.keys(PARTS) as Part[])('has a part that is known as %s', (part) => {
    expect(files.filter((file) => partsOf(file).includes(part))).not.toEqual([])
  })

  test('keeps what it does not call of a service out: EC2 and RDS each stay below 100 KB', () => {
    const services = files.filter((file) => {
      return partsOf(file).some((part) => part === 'ec2' || part === 'rds')
    })
    const sizes = services.map((file) => [basename(file), statSync(file).size] as const)
    expect(sizes).toHaveLength(2)
    for (const [name, size] of sizes) expect(size, name).toBeLessThan(100_000)
  })

  test('has rds-update-sg-rule load less than 600 KB, the SDK with it', async () => {
    const env = {...fake.env, GITPOD_IP: '203.0.113.9'}
    const ids = ['--group-id', 'sg-0123456789abcdef0', '--rule-id', 'sgr-0123456789abcdef0']
    const loaded = await load(['rds-update-sg-rule', ...ids], env)
    expect(loaded).toMatchObject(only(PARTS_OF_EC2))
    const bytes = loaded.files.reduce((sum, file) => sum + statSync(file).size, 0)
    expect(bytes).toBeLessThan(600_000)
  })
})
