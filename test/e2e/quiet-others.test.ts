import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {runProgram} from '../support/program.js'
import {NAME, onStage, PLAN} from '../support/rds-create.js'
import {onRuleStage, RULE} from '../support/rule-stage.js'

const SILENCE = {code: 0, stdout: '', stderr: ''}

describe('with --quiet, at AWS', () => {
  test(
    'rds-create shows its plan, and the instance, but not how it comes about',
    onStage(async ({run, fake}) => {
      fake.statuses = ['creating', 'backing-up', 'available']
      const args = ['--confirm', NAME, '--quiet']
      const {code, stderr, stdout} = await run(args)
      expect({code, stderr}).toEqual({code: 0, stderr: PLAN})
      expect(stdout).toMatch(new RegExp(`^the instance "${NAME}" is available\\n`))
      expect(await run(args)).toMatchObject({code: 0, stderr: '', stdout})
    }),
  )

  test(
    'rds-create --dry-run shows its plan and the request',
    onStage(async ({run}) => {
      const loud = await run(['--dry-run'])
      const quiet = await run(['--dry-run', '--quiet'])
      expect(quiet.stdout).toBe(loud.stdout)
      expect(`AWS  ca-central-1  ${NAME}\n${quiet.stderr}`).toBe(loud.stderr)
    }),
  )

  test('rds-update-sg-rule says nothing, whether it changes the rule or not', () =>
    onRuleStage({}, async ({run}) => {
      expect(await run(['--quiet'])).toEqual(SILENCE)
      expect(await run(['--quiet'])).toEqual(SILENCE)
    }))

  test('rds-update-sg-rule --dry-run says what it would do', () =>
    onRuleStage({}, async ({run}) => {
      const {code, stderr, stdout} = await run(['--dry-run', '-q'])
      expect({code, stderr}).toEqual({code: 0, stderr: ''})
      expect(stdout).toMatch(new RegExp(`^EC2 would change ${RULE} to admit `))
    }))
})

test('with --quiet the embedded server starts and stops without a word, and says how it is when asked', async () => {
  const home = mkdtempSync(join(tmpdir(), 'cruddur-db-quiet-home-'))
  const run = (...args: string[]) => runProgram(args, {cwd: home, env: {CRUDDUR_DB_HOME: home}})
  try {
    expect(await run('setup', '--quiet')).toEqual(SILENCE)
    expect(await run('server', 'start', '--quiet')).toEqual(SILENCE)
    const status = await run('server', 'status', '--quiet')
    expect(status).toMatchObject({code: 0, stderr: ''})
    expect(status.stdout).toMatch(/^the embedded server is running: PostgreSQL [\d.]+\n {2}url /)
    expect(await run('server', 'stop', '--quiet')).toEqual(SILENCE)
    expect(await run('server', 'stop', '--quiet')).toEqual(SILENCE)
  } finally {
    await run('server', 'stop')
    rmSync(home, {recursive: true, force: true})
  }
}, 60_000)
