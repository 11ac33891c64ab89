import {setTimeout as sleep} from 'node:timers/promises'
import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {type MigrationsFolder, makeMigrationsFolder, migration} from '../support/migrations.js'
import {ended, type ProgramResult, startProgram} from '../support/program.js'
import {until} from '../support/wait.js'
import {chance, long, seed, type Victim} from './plan.js'
import {aimAt, type CrashServer, startCrashServer} from './server.js'

const DATABASE = 'migrated'
const COUNT = 12

/** Each says twice in `said` that it has run, with time between. */
const files = Object.fromEntries(
  Array.from({length: COUNT}, (_, at) => {
    const n = at + 1
    const said = `INSERT INTO said VALUES (${n});`
    const up = `${said}\nCREATE TABLE t${n} (n int);\nSELECT pg_sleep(0.01);\n${said}`
    const down = `DELETE FROM said WHERE n = ${n};\nSELECT pg_sleep(0.01);\nDROP TABLE t${n};`
    return [`${String(n).padStart(4, '0')}_t${n}`, migration(up, down)]
  }),
)

let server: CrashServer
let folder: MigrationsFolder
let wholeMs = 0

const start = (...args: string[]) =>
  startProgram(args, {cwd: folder.path, env: {CONNECTION_URL: server.url(DATABASE)}})
const whole = async (...args: string[]): Promise<ProgramResult> => await ended(start(...args))
const reset = async (): Promise<void> => {
  await server.query(`DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`)
  await server.query(`CREATE DATABASE ${DATABASE} TEMPLATE template0`)
  await server.query('CREATE TABLE said (n int)', DATABASE)
}

/** What is in the database of each migration, at one moment. */
const STATE = `SELECT n, count(said.n)::int AS said, to_regclass('t' || n) IS NOT NULL AS made, RECORDED AS recorded
FROM generate_series(1, ${COUNT}) n LEFT JOIN said USING (n) GROUP BY n ORDER BY n`

const state = async () => {
  const [known] = await server.query("SELECT to_regclass('cruddur_migrations') AS t", DATABASE)
  const recorded = known?.['t']
    ? 'EXISTS (SELECT FROM cruddur_migrations c WHERE c.version = n AND finished_at IS NOT NULL)'
    : 'false'
  return await server.query(STATE.replace('RECORDED', recorded), DATABASE)
}
const AS_A_WHOLE = [
  {said: 0, made: false, recorded: false},
  {said: 2, made: true, recorded: true},
]

beforeAll(async () => {
  if (process.platform === 'win32') return
  folder = makeMigrationsFolder(files)
  server = await startCrashServer()
  await reset()
  const began = performance.now()
  expect(await whole('migrate')).toMatchObject({code: 0})
  wholeMs = performance.now() - began
}, 90_000)
afterAll(async () => {
  await server?.close()
  folder?.close()
})

/** Strikes at a random moment of a run, and sees to it that the server is there again and rid of the program. */
async function strike(victim: Victim, name: string, ...args: string[]): Promise<void> {
  const witness = await server.witness()
  const child = start(...args)
  const result = ended(child)
  try {
    await sleep(chance(`${name} moment`) * wholeMs * 1.1)
    if (victim === 'program') child.kill('SIGKILL')
    else (await aimAt(server, victim, witness, chance(`${name} victim`)))()
    await result
  } finally {
    child.kill('SIGKILL')
    await witness.close().catch(() => {})
  }
  await server.revive()
  await until(
    async () => (await server.query('SELECT 1').catch(() => [])).length === 1,
    () => 'the server to be back',
  )
  await server.quiet()
}

describe.skipIf(process.platform === 'win32')(
  `each migration is there whole or not at all, and the next migrate ends it (seed ${seed}),`,
  () => {
    beforeEach(reset, 60_000)

    const plans = (['program', 'backend', 'postmaster'] as const).flatMap((victim) =>
      Array.from(
        {length: {program: 6, backend: 2, postmaster: 2}[victim] * (long ? 12 : 1)},
        (_, n) => ({
          victim,
          name: `${victim} ${n + 1}`,
        }),
      ),
    )
    test.each(plans)('when kill -9 ends: $name', {timeout: 90_000}, async ({victim, name}) => {
      await strike(victim, name, 'migrate')
      for (const {n: _, ...found} of await state()) expect(AS_A_WHOLE).toContainEqual(found)
      expect(await whole('migrate')).toMatchObject({code: 0})
      expect((await state()).map(({said}) => said)).toEqual(Array(COUNT).fill(2))

      await strike(victim, `${name} back`, 'rollback', '--steps', String(COUNT))
      for (const {n: _, ...found} of await state()) expect(AS_A_WHOLE).toContainEqual(found)
      expect(await whole('rollback', '--steps', String(COUNT))).toMatchObject({code: 0})
      expect((await state()).map(({said}) => said)).toEqual(Array(COUNT).fill(0))
    })
  },
)
