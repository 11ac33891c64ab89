import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, inject, test} from 'vitest'
import {dropDatabases, freshName, query, urlOf} from '../support/postgres.js'
import {type ProgramResult, runProgram} from '../support/program.js'
import {until} from '../support/wait.js'
import {testFaults} from './check.js'
import {GATE} from './fault.js'
import {connectTo} from './fingerprint.js'
import {fill} from './pattern.js'
import {concurrencyFaults} from './tables/concurrency.js'

testFaults(concurrencyFaults.faults)

const TEN = Array.from({length: 10}, (_, n) => n)

let folder: string
let database: string
let names: string[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-ten-'))
  database = freshName()
  names = [database, ...TEN.map((n) => `${database}_${n}`)]
  writeFileSync(join(folder, 's.sql'), fill(`CREATE TABLE made (n int);\n${GATE}`, {database}))
})
afterEach(async () => {
  rmSync(folder, {recursive: true, force: true})
  await dropDatabases(...names)
})

const setup = (name: string): Promise<ProgramResult> =>
  runProgram(['setup', '--no-seed', '--schema-file', 's.sql', '--json'], {
    cwd: folder,
    env: {CONNECTION_URL: urlOf(name)},
  })
const outcome = ({code, stdout}: ProgramResult): unknown => {
  const {error, replaced} = JSON.parse(stdout)
  return [code, error?.code ?? replaced]
}
const existing = async (): Promise<string[]> => {
  const sql = `SELECT datname FROM pg_database WHERE starts_with(datname, '${database}') ORDER BY 1`
  return (await query(sql)).map(({datname}) => String(datname))
}
const closeGate = () => connectTo(inject('serverUrl'), 'postgres', `gate ${database}`)

test('ten setups of one database at once: one wins, nine are refused cleanly', async () => {
  await query(`CREATE DATABASE ${database}`)
  const gate = await closeGate()
  const outcomes: unknown[] = []
  const all = Promise.all(TEN.map(async () => void outcomes.push(outcome(await setup(database)))))
  await until(
    () => outcomes.length === 9,
    () => `nine to end: ${JSON.stringify(outcomes)}`,
    20_000,
  )
  expect(outcomes).toEqual(Array(9).fill([1, 'SETUP_RUNNING']))
  await gate.end()
  await all
  expect(outcomes.at(-1)).toEqual([0, true])
  expect(await query("SELECT to_regclass('made') AS made", database)).toEqual([{made: 'made'}])
  expect(await existing()).toEqual([database])
})

test('ten setups of ten databases at once: all work', async () => {
  const gate = await closeGate()
  const all = Promise.all(names.slice(1).map(setup))
  const loading = `SELECT FROM pg_stat_activity
    WHERE starts_with(datname, '${database}_') AND wait_event = 'PgSleep'`
  await until(
    async () => (await query(loading)).length === 10,
    () => 'ten to load at the same time',
    20_000,
  )
  await gate.end()
  expect((await all).map(outcome)).toEqual(Array(10).fill([0, false]))
  expect(await existing()).toEqual(names.slice(1))
})
