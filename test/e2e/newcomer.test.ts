import {mkdtempSync, readdirSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {ended, type ProgramResult, runProgram, startProgram} from '../support/program.js'

let home: string
let folder: string

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'cruddur-db-home-'))
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-empty-'))
})

const run = (...args: string[]): Promise<ProgramResult> =>
  runProgram(args, {cwd: folder, env: {CRUDDUR_DB_HOME: home}})

afterAll(async () => {
  await run('server', 'stop')
  rmSync(home, {recursive: true, force: true})
  rmSync(folder, {recursive: true, force: true})
})

test('Ctrl-C while the server is made ends with 130 and leaves nothing half made', async () => {
  const child = startProgram(['setup'], {cwd: folder, env: {CRUDDUR_DB_HOME: home}})
  const result = ended(child)
  child.stderr?.on('data', (text: string) => {
    if (text.includes('Creating the database cluster')) child.kill('SIGINT')
  })
  expect(await result).toMatchObject({code: 130, stdout: ''})
  const left = readdirSync(home).filter((name) => name === 'data' || name.startsWith('.tmp-'))
  expect(left).toEqual([])
})

test('with nothing configured, setup ends with a loaded, running database', async () => {
  expect(JSON.parse((await run('server', 'status', '--json')).stdout)).toEqual({
    target: null,
    running: false,
    url: null,
    version: null,
    dataDir: join(home, 'data'),
  })

  const first = await run('setup')
  expect(first).toMatchObject({code: 0, stdout: 'the database "cruddur" is ready\n'})
  expect(first.stderr).toMatch(/^embedded {2}postgres@127\.0\.0\.1:\d+\/cruddur$/m)
  expect(first.stderr).toContain('Starting PostgreSQL')

  const second = await run('setup', '--json')
  expect(JSON.parse(second.stdout)).toMatchObject({replaced: true, seeded: true})
  expect(second.stderr).not.toContain('Starting PostgreSQL')

  const status = JSON.parse((await run('server', 'status', '--json')).stdout)
  expect(status).toMatchObject({
    target: {name: 'embedded', production: false, host: '127.0.0.1', database: 'cruddur'},
    running: true,
    version: expect.stringMatching(/^\d+\.\d+$/),
    dataDir: join(home, 'data'),
  })
  const seeded = await runProgram(['sessions', '--json', '--url', status.url])
  expect(JSON.parse(seeded.stdout).sessions[0]).toMatchObject({app: 'cruddur-db sessions'})

  expect(await run('drop')).toMatchObject({code: 0, stdout: 'dropped the database "cruddur"\n'})
  expect(await run('server', 'stop')).toMatchObject({code: 0})
  expect((await run('server', 'stop')).stdout).toBe('the embedded server was not running\n')
}, 120_000)
