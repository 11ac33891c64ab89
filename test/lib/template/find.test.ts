import {mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {findTemplate} from '../../../src/lib/template/find.js'

let base: string
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'cruddur-db-find-')))
  write('package/db/sql/activities/home.sql')
  mkdirSync(join(base, 'app/src/deep'), {recursive: true})
})
afterEach(() => rmSync(base, {recursive: true, force: true}))

function write(path: string): void {
  mkdirSync(dirname(join(base, path)), {recursive: true})
  writeFileSync(join(base, path), 'SELECT 1')
}

const find = (name: string): string =>
  findTemplate(name, {cwd: join(base, 'app/src/deep'), packageRoot: join(base, 'package')})

test("the package's own is found, with and without its ending", () => {
  const path = join(base, 'package/db/sql/activities/home.sql')
  expect([find('activities/home'), find('activities/home.sql')]).toEqual([path, path])
})

test('one of the nearest db/sql goes before it, and what is not there comes from the package', () => {
  write('app/db/sql/activities/home.sql')
  write('app/db/sql/users/show.sql')
  write('db/sql/users/far.sql')
  expect(find('activities/home')).toBe(join(base, 'app/db/sql/activities/home.sql'))
  rmSync(join(base, 'app/db/sql/activities'), {recursive: true})
  expect(find('activities/home')).toBe(join(base, 'package/db/sql/activities/home.sql'))
  expect(() => find('users/far')).toThrow('there is no template "users/far"')
})

test.each([
  '../schema',
  'a/../../schema',
  '/etc/passwd',
  'a//b',
  './home',
  '',
  'a\\..\\b',
  'c:/x',
  'a\0',
])('%j leads nowhere', (name) => {
  write('app/db/schema.sql')
  write('app/db/sql/a.sql')
  expect(() => find(name)).toThrow(expect.objectContaining({code: 'TEMPLATE_OUTSIDE', exit: 2}))
})

test('a link may lead to another template, but not out', () => {
  write('app/db/sql/real.sql')
  write('app/secret.sql')
  symlinkSync('real.sql', join(base, 'app/db/sql/same.sql'))
  symlinkSync('../../secret.sql', join(base, 'app/db/sql/out.sql'))
  symlinkSync('../..', join(base, 'app/db/sql/up'))
  expect(find('same')).toBe(join(base, 'app/db/sql/same.sql'))
  for (const name of ['out', 'up/secret'])
    expect(() => find(name)).toThrow(expect.objectContaining({code: 'TEMPLATE_OUTSIDE'}))
})

test('db/sql itself may be a link', () => {
  write('elsewhere/home.sql')
  mkdirSync(join(base, 'app/db'))
  symlinkSync(join(base, 'elsewhere'), join(base, 'app/db/sql'))
  expect(find('home')).toBe(join(base, 'app/db/sql/home.sql'))
})

test('an unknown name lists the others, of many the near ones', () => {
  const hint = (name: string): unknown => {
    try {
      return find(name)
    } catch (error) {
      return (error as {details: {hint: string}}).details.hint
    }
  }
  expect(hint('activities/hom')).toBe('there are activities/home')
  for (const at of [1, 2, 3, 4, 5, 6, 7, 8, 9]) write(`app/db/sql/reports/number-${at}.sql`)
  expect(hint('activities/hme')).toMatch(/^the nearest are activities\/home, reports\/number-1, /)
})
