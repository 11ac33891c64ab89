import {mkdir, readdir, readFile, utimes, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {readMigrations} from '../../../src/lib/migrations/folder.js'
import {nameOf, newMigration} from '../../../src/lib/migrations/new.js'
import {packageRoot} from '../../support/program.js'
import {errorOf, placeOf, testFolder, writeFiles} from '../sql/support.js'

async function project(files: Record<string, string> = {}): Promise<string> {
  const cwd = await testFolder()
  await writeFiles(cwd, {'db/schema.sql': '', ...files})
  return cwd
}

test.each([
  ['add_likes', 'add_likes'],
  ['Add Likes!', 'add_likes'],
  ['  --Drop   "users";-- ', 'drop_users'],
  ['Größe ändern', 'gro_e_andern'],
  ['../../etc/passwd', 'etc_passwd'],
  ['add_likes.sql', 'add_likes'],
  ['2fa', '2fa'],
])('%j is called %s', (words, name) => {
  expect(nameOf(words)).toBe(name)
})

test.each(['', '!', '日本', '.sql', 'a'.repeat(201)])('%j is refused', async (words) => {
  const cwd = await project()
  const error = await errorOf(() => newMigration(words, {cwd, packageRoot}))
  expect(error).toMatchObject({code: 'USAGE', exit: 2})
  expect(await readdir(join(cwd, 'db'))).toEqual(['schema.sql'])
})

test('the first one makes the folder, beside the nearest schema', async () => {
  const cwd = await project({'src/x': ''})
  const made = await newMigration('a', {cwd: join(cwd, 'src'), packageRoot})
  expect(made).toEqual({file: join(cwd, 'db/migrations/0001_a.sql'), version: 1n, name: 'a'})
  expect(await newMigration('b', {cwd, packageRoot})).toEqual({
    file: 'db/migrations/0002_b.sql',
    version: 2n,
    name: 'b',
  })
  expect(await readdir(join(cwd, 'db/migrations'))).toEqual(['0001_a.sql', '0002_b.sql'])
})

test('the number is the highest and one, as wide as the widest', async () => {
  const cwd = await project({'db/migrations/000009_a.sql': '', 'db/migrations/41_b.sql': ''})
  const {file} = await newMigration('c', {cwd, packageRoot})
  expect(file).toBe('db/migrations/000042_c.sql')
})

test('what was made is refused until its up part is written, and then read', async () => {
  const cwd = await project()
  const {file} = await newMigration('a', {cwd, packageRoot})
  const error = await errorOf(() => readMigrations({cwd, packageRoot}))
  expect(error.message).toBe('the up part has no statement')
  expect(placeOf(error)).toBe('db/migrations/0001_a.sql:1:1')
  const text = await readFile(join(cwd, file), 'utf8')
  const [up = '', down] = text.split('-- migrate:down\n')
  await writeFile(join(cwd, file), `${up}SELECT 1;\n-- migrate:down\n${down}SELECT 2;\n`)
  const [migration] = (await readMigrations({cwd, packageRoot})).migrations
  expect([migration?.up.transaction, migration?.down?.sql]).toEqual([true, 'SELECT 2;'])
})

test('several at a time get a number each, without a gap', async () => {
  const cwd = await project()
  const names = ['a', 'b', 'a', 'c', 'd', 'a', 'e', 'f', 'g', 'h']
  const made = await Promise.all(names.map((name) => newMigration(name, {cwd, packageRoot})))
  const numbers = made.map(({version}) => Number(version)).sort((a, b) => a - b)
  expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  const files = await readdir(join(cwd, 'db/migrations'))
  expect(files.map((name) => Number(name.slice(0, 4)))).toEqual(numbers)
})

test.each([
  ['a minute ago', -60_000],
  ['in an hour, before the clock was set back', 3_600_000],
])('what one has left that was killed %s keeps nobody out', async (_, ms) => {
  const cwd = await project()
  await mkdir(join(cwd, 'db/migrations'))
  const claim = join(cwd, 'db/migrations/.migrate-new')
  await writeFile(claim, '')
  await utimes(claim, new Date(), new Date(Date.now() + ms))
  const {file} = await newMigration('a', {cwd, packageRoot})
  expect(file).toBe('db/migrations/0001_a.sql')
  expect(await readdir(join(cwd, 'db/migrations'))).toEqual(['0001_a.sql'])
})

test('where no schema is, nothing is made, and the cure makes a project', async () => {
  const cwd = await testFolder()
  const error = await errorOf(() => newMigration('a', {cwd, packageRoot: '/it/s here'}))
  expect(error).toMatchObject({
    code: 'FILE_NOT_FOUND',
    exit: 2,
    message: `there is no db/schema.sql in ${cwd} or above it`,
    details: {
      hint: "change into your project, or begin one with Cruddur's own files: cp -r '/it/s here/db' .",
    },
  })
  expect(await readdir(cwd)).toEqual([])
})

test('a file in the place of the folder is an error, and stays', async () => {
  const cwd = await project({'db/migrations': 'mine'})
  const error = await errorOf(() => newMigration('a', {cwd, packageRoot}))
  expect(error).toMatchObject({
    code: 'FILE_NOT_WRITTEN',
    exit: 1,
    message: 'no file can be made in db/migrations: a file or a broken link has that name',
  })
  expect(await readFile(join(cwd, 'db/migrations'), 'utf8')).toBe('mine')
})

test('a folder with a file that is no migration is refused, and no claim stays', async () => {
  const cwd = await project({'db/migrations/words.sql': ''})
  const error = await errorOf(() => newMigration('a', {cwd, packageRoot}))
  expect(error.code).toBe('MIGRATION_NAME')
  expect(await readdir(join(cwd, 'db/migrations'))).toEqual(['words.sql'])
})

test('behind the largest number there is none', async () => {
  const cwd = await project({'db/migrations/9223372036854775807_x.sql': ''})
  const error = await errorOf(() => newMigration('a', {cwd, packageRoot}))
  expect(error.message).toBe('there is no number above 9223372036854775807')
})
