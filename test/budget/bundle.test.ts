import {statSync, writeFileSync} from 'node:fs'
import {join, relative} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type FakeAws, startFakeAws} from '../support/aws/fake-aws.js'
import {
  type FakeCognito,
  fakeUser,
  poolOf,
  startFakeCognito,
  subOf,
} from '../support/aws/fake-cognito.js'
import {openLoads} from '../support/loads.js'
import {dropDatabases, freshName, urlOf} from '../support/postgres.js'
import {packageRoot} from '../support/program.js'
import {POOL} from '../support/user-ids-stage.js'
import {LOADS, type LoadBudget} from './bundle.js'
import {contentsOfBundle} from './contents.js'
import {isWriting, writeRow} from './table.js'

const TABLE = new URL('bundle.ts', import.meta.url)

const database = freshName()
const loads = openLoads()
let fake: FakeAws
let cognito: FakeCognito
let builtinsOfNode: string[]

beforeAll(async () => {
  writeFileSync(join(loads.folder, 'psql'), '#!/bin/sh\nexit 0\n', {mode: 0o755})
  fake = await startFakeAws()
  cognito = await startFakeCognito({[POOL]: poolOf([fakeUser(subOf(1), 'bayko')])})
  builtinsOfNode = await loads.builtinsOfNode()
})
afterAll(async () => {
  await fake.close()
  await cognito.close()
  await dropDatabases(database)
  loads.close()
})

/** Each command on one database, from create to drop; those of AWS on a fake of it. */
function commandOf(run: string): {args: string[]; env: Record<string, string>} {
  const aws = run.includes('cognito') ? {...cognito.env, AWS_COGNITO_USER_POOL_ID: POOL} : fake.env
  const ids = {DB_SG_ID: 'sg-0123456789abcdef0', DB_SG_RULE_ID: 'sgr-0123456789abcdef0'}
  return {
    args: run.split(' '),
    env: {CONNECTION_URL: urlOf(database), ...aws, ...ids, GITPOD_IP: '203.0.113.9'},
  }
}

const kilobytesOf = (files: readonly string[]): number =>
  files.reduce((sum, file) => sum + statSync(file).size, 0) / 1000

/** Smaller files are counted only, in kilobytes. */
const WORTH_NAMING = 3

/** The files, the largest first, and what is in them. */
async function listOf(files: readonly string[]): Promise<string> {
  const contents = await contentsOfBundle()
  const sized = files
    .map((file) => ({path: relative(packageRoot, file), kilobytes: kilobytesOf([file])}))
    .sort((a, b) => b.kilobytes - a.kilobytes)
  const large = sized.filter(({kilobytes}) => kilobytes >= WORTH_NAMING)
  const lines = large.map(({path, kilobytes}) => {
    const size = kilobytes.toFixed(1).padStart(7)
    return `  ${size} KB  ${path}  ${contents.get(path) ?? ''}`.trimEnd()
  })
  return [...lines, `  and ${sized.length - large.length} smaller files`].join('\n')
}

async function excess(budget: LoadBudget, files: readonly string[]): Promise<string> {
  const found = `${kilobytesOf(files).toFixed(1)} KB in ${files.length} files`
  const most = `${budget.kilobytes} KB in ${budget.files}`
  return `${budget.run} loads ${found}, at most ${most}: see test/budget/bundle.ts
${await listOf(files)}
`
}

async function filesOf(run: string): Promise<string[]> {
  const {args, env} = commandOf(run)
  const {code, files, stderr} = await loads.run(args, env)
  expect(code, stderr).toBe(0)
  return files
}

describe.skipIf(isWriting)('a command loads no more than its budget', () => {
  test.each(LOADS.map((budget) => [budget.run, budget] as const))('%s', async (run, budget) => {
    const files = await filesOf(run)
    const fits = files.length <= budget.files && kilobytesOf(files) <= budget.kilobytes
    if (!fits) throw new Error(await excess(budget, files))
  })
})

describe.skipIf(isWriting)('a command leaves modules of Node’s own alone', () => {
  test.each(LOADS)('$run', async ({run, without}) => {
    const {args, env} = commandOf(run)
    const {code, builtins, stderr} = await loads.runForBuiltins(args, env)
    expect(code, stderr).toBe(0)
    expect(builtins).toContain('fs')
    const loaded = builtins.filter((name) => !builtinsOfNode.includes(name))
    expect(loaded.filter((name) => without.includes(name))).toEqual([])
  })
})

describe.runIf(isWriting)('CRUDDUR_BUDGET=write', () => {
  const tenthAbove = (count: number): number => Math.ceil(count * 1.1)

  test('writes a tenth above what is loaded into the table', {timeout: 120_000}, async () => {
    for (const {run} of LOADS) {
      const files = await filesOf(run)
      const kilobytes = tenthAbove(kilobytesOf(files))
      writeRow(TABLE, {run}, {files: tenthAbove(files.length), kilobytes})
    }
  })
})
