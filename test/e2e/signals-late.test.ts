import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {SIGNALS} from '../support/interrupt.js'
import {dropDatabases, freshName, query, urlOf} from '../support/postgres.js'
import {runProgram} from '../support/program.js'

const database = freshName()
const folder = mkdtempSync(join(tmpdir(), 'cruddur-db-late-'))
const hook = join(folder, 'late.cjs')

beforeAll(async () => {
  await query(`CREATE DATABASE ${database} TEMPLATE template0`)
  // Behind the last thing that Node itself does before it ends, the signal is Node's again.
  writeFileSync(
    hook,
    `const signal = process.env.LATE_SIGNAL
process.on('beforeExit', () => process.kill(process.pid, signal))
process.on('exit', () => process.kill(process.pid, signal))
`,
  )
})
afterAll(async () => {
  rmSync(folder, {recursive: true, force: true})
  await dropDatabases(database)
})

const runLate = (args: string[], signal: string) =>
  runProgram(args, {
    env: {
      CONNECTION_URL: urlOf(database),
      LATE_SIGNAL: signal,
      NODE_OPTIONS: `--require ${hook}`,
    },
  })

describe.each(SIGNALS)('%s while the program ends', (signal) => {
  test('makes no failure of what is done', async () => {
    const {code, stdout} = await runLate(['create'], signal)
    expect({code, stdout}).toEqual({
      code: 0,
      stdout: `the database "${database}" exists already\n`,
    })
    const asJson = await runLate(['create', '--json'], signal)
    expect(asJson.code).toBe(0)
    expect(JSON.parse(asJson.stdout)).toMatchObject({created: false})
  })

  test('leaves a failure its own exit code', async () => {
    const {code} = await runLate(['diagram'], signal)
    expect(code).toBe(1)
  })
})
