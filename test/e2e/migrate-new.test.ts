import {spawn} from 'node:child_process'
import {readdirSync, readFileSync} from 'node:fs'
import {cp, mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {testFolder, writeFiles} from '../lib/sql/support.js'
import {ended, packageRoot, programCommand, runProgram} from '../support/program.js'

async function project(): Promise<string> {
  const cwd = await testFolder()
  await writeFiles(cwd, {'db/schema.sql': '', 'db/migrations/0001_first.sql': ''})
  return cwd
}

const filesIn = (cwd: string): string[] => readdirSync(join(cwd, 'db/migrations'))

test('the file is made and named, and what to do next is said', async () => {
  const cwd = await project()
  const result = await runProgram(['migrate-new', 'Add Likes!'], {cwd})
  expect(result).toEqual({
    code: 0,
    stdout: 'made db/migrations/0002_add_likes.sql\n',
    stderr: 'write its two parts, then: cruddur-db migrate\n',
  })
  const text = readFileSync(join(cwd, 'db/migrations/0002_add_likes.sql'), 'utf8')
  expect(text).toBe(
    '-- migrate:up\n-- What cannot run in a transaction, such as CREATE INDEX CONCURRENTLY, needs: migrate:up transaction:false\n\n\n-- migrate:down\n\n',
  )
})

test('--json gives the file, its number and its name; --quiet nothing', async () => {
  const cwd = await project()
  const {code, stdout} = await runProgram(['migrate-new', 'a', '--json'], {cwd})
  expect([code, JSON.parse(stdout)]).toEqual([
    0,
    {target: null, file: 'db/migrations/0002_a.sql', version: 2, name: 'a'},
  ])
  expect(await runProgram(['migrate-new', 'b', '--quiet'], {cwd})).toEqual({
    code: 0,
    stdout: '',
    stderr: '',
  })
  expect(filesIn(cwd)).toEqual(['0001_first.sql', '0002_a.sql', '0003_b.sql'])
})

test('no database is needed, nor a URL that can be read', async () => {
  const cwd = await project()
  const env = {CONNECTION_URL: 'nonsense', PROD_CONNECTION_URL: 'nonsense'}
  expect(await runProgram(['migrate-new', 'a'], {cwd, env})).toMatchObject({code: 0})
})

test('programs at the same time get a number each', async () => {
  const cwd = await project()
  const runs = Array.from({length: 6}, () => runProgram(['migrate-new', 'same'], {cwd}))
  const codes = (await Promise.all(runs)).map(({code}) => code)
  expect(codes).toEqual([0, 0, 0, 0, 0, 0])
  expect(filesIn(cwd).slice(1)).toEqual([2, 3, 4, 5, 6, 7].map((number) => `000${number}_same.sql`))
})

test('a file that cannot be written to its end does not stay', async () => {
  const cwd = await project()
  const {args, file, options} = programCommand(['migrate-new', 'a', '--json'], {cwd})
  // Nobody may write a byte into a file: as on a full disk, a new one is made and stays empty.
  const limited = ['-c', 'ulimit -f 0; exec "$0" "$@"', file, ...args]
  const {code, stdout} = await ended(spawn('/bin/sh', limited, options))
  expect([code, JSON.parse(stdout).error]).toMatchObject([
    1,
    {code: 'FILE_NOT_WRITTEN', file: 'db/migrations'},
  ])
  expect(filesIn(cwd)).toEqual(['0001_first.sql'])
})

test('a name that has nothing in it, no name, and several are wrong usage', async () => {
  const cwd = await project()
  for (const args of [['!!'], [], ['add', 'likes']]) {
    const {code, stdout} = await runProgram(['migrate-new', ...args, '--json'], {cwd})
    expect([code, JSON.parse(stdout).error.code]).toEqual([2, 'USAGE'])
  }
  expect(filesIn(cwd)).toEqual(['0001_first.sql'])
})

test('outside of a project the cure makes one, in which the next number is taken', async () => {
  const cwd = await testFolder()
  const {code, stderr} = await runProgram(['migrate-new', 'a'], {cwd})
  expect(code).toBe(2)
  expect(stderr).toContain(`there is no db/schema.sql in ${cwd} or above it`)
  expect(stderr).toContain(`cp -r ${join(packageRoot, 'db')} .`)
  expect(readdirSync(cwd)).toEqual([])
  await cp(join(packageRoot, 'db'), join(cwd, 'db'), {recursive: true})
  const {stdout} = await runProgram(['migrate-new', 'a'], {cwd})
  expect(stdout).toBe('made db/migrations/0002_a.sql\n')
})

test('a folder whose name could disturb a terminal is shown harmless', async () => {
  const cwd = join(await testFolder(), 'a\u001b[31mb')
  await mkdir(cwd)
  const {code, stderr} = await runProgram(['migrate-new', 'a'], {cwd})
  expect(code).toBe(2)
  expect(stderr).not.toContain('\u001b')
})
