import {mkdir, rm, symlink, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {findMigrations, readMigrations} from '../../../src/lib/migrations/folder.js'
import {packageRoot} from '../../support/program.js'
import {errorOf, testFolder, writeFiles} from '../sql/support.js'

const UP = '-- migrate:up\nSELECT 1;\n'

/** A folder with these files in db/migrations. */
async function projectWith(...names: string[]): Promise<string> {
  const cwd = await testFolder()
  await mkdir(join(cwd, 'db/migrations'), {recursive: true})
  for (const name of names) await writeFile(join(cwd, 'db/migrations', name), UP)
  return cwd
}

async function versionsIn(cwd: string): Promise<unknown[]> {
  const {migrations} = await readMigrations({cwd, packageRoot: '/nowhere'})
  return migrations.map(({version, name}) => [version, name])
}

describe('which folder', () => {
  test('the nearest one from the working directory upwards', async () => {
    const cwd = await projectWith('1_outer.sql')
    await writeFiles(cwd, {
      'db/schema.sql': '',
      'app/db/migrations/2_inner.sql': UP,
      'app/src/x': '',
    })
    expect(await versionsIn(cwd)).toEqual([[1n, 'outer']])
    expect(await versionsIn(join(cwd, 'app'))).toEqual([[2n, 'inner']])
    const {path, migrations} = await readMigrations({cwd: join(cwd, 'app/src'), packageRoot: '/x'})
    expect(path).toBe(join(cwd, 'app/db/migrations'))
    expect(migrations[0]?.path).toBe(join(cwd, 'app/db/migrations/2_inner.sql'))
  })

  test("this package's own where there is no schema either", async () => {
    const cwd = await testFolder()
    expect(findMigrations({cwd, packageRoot})).toBe(join(packageRoot, 'db/migrations'))
    const {path, migrations} = await readMigrations({cwd, packageRoot})
    expect(path).toBe(join(packageRoot, 'db/migrations'))
    expect(migrations[0]?.version).toBe(1n)
  })

  test('none beside a schema that has none, whatever folders above or this package have', async () => {
    const cwd = await projectWith('1_outer.sql')
    await writeFiles(cwd, {'app/db/schema.sql': '', 'app/src/x': ''})
    for (const folder of ['app', 'app/src']) {
      expect(await readMigrations({cwd: join(cwd, folder), packageRoot})).toEqual({
        path: undefined,
        migrations: [],
        warnings: [],
      })
    }
  })

  test('a schema that is a broken link is somebody’s own too', async () => {
    const cwd = await testFolder()
    await mkdir(join(cwd, 'db'))
    await symlink('nowhere', join(cwd, 'db/schema.sql'))
    expect(findMigrations({cwd, packageRoot})).toBeUndefined()
  })

  test('one that cannot be read is an error, and not passed over', async () => {
    const cwd = await projectWith()
    await rm(join(cwd, 'db/migrations'), {recursive: true})
    await writeFile(join(cwd, 'db/migrations'), '')
    const error = await errorOf(() => readMigrations({cwd, packageRoot}))
    expect(error).toMatchObject({
      code: 'FILE_UNREADABLE',
      exit: 2,
      message: 'db/migrations cannot be read: it is no folder',
    })
    await rm(join(cwd, 'db/migrations'))
    await symlink('nowhere', join(cwd, 'db/migrations'))
    expect((await errorOf(() => readMigrations({cwd, packageRoot}))).message).toBe(
      'db/migrations cannot be read: it is a link that leads nowhere',
    )
  })
})

describe('which files', () => {
  test('those with a number, in its order, however many digits it is written with', async () => {
    const cwd = await projectWith(
      '10_c.sql',
      '0002_b-2.sql',
      '1_a.sql',
      '20230101120000_d d.sql',
      '00_0.sql',
    )
    expect(await versionsIn(cwd)).toEqual([
      [0n, '0'],
      [1n, 'a'],
      [2n, 'b-2'],
      [10n, 'c'],
      [20230101120000n, 'd d'],
    ])
  })

  test('hidden ones, backups of editors and what is no SQL are left out', async () => {
    const cwd = await projectWith(
      '1_a.sql',
      '.#1_a.sql',
      '.1_a.sql.swp',
      '1_a.sql~',
      '1_a.sql.orig',
      'README.md',
      '#2_b.sql#',
    )
    await mkdir(join(cwd, 'db/migrations/old'))
    expect(await versionsIn(cwd)).toEqual([[1n, 'a']])
  })

  test.each([
    ['words.sql', 'does not begin with a number'],
    ['V2__flyway.sql', 'does not begin with a number'],
    ['2_loud.SQL', 'does not end with .sql in small letters'],
    ['0002.sql', 'has a number and no words'],
    ['0002_.sql', 'has a number and no words'],
    ['0002_a\u001b[31m.sql', 'has a character that cannot be seen'],
    ['0002_a\nb.sql', 'has a character that cannot be seen'],
    ['9223372036854775808_x.sql', 'has a number above 9223372036854775807'],
  ])('%s is refused by its name', async (name, what) => {
    const cwd = await projectWith('1_a.sql', name)
    expect(await errorOf(() => readMigrations({cwd, packageRoot}))).toMatchObject({
      code: 'MIGRATION_NAME',
      exit: 1,
      message: `the name of db/migrations/${name} ${what}`,
      data: {file: `db/migrations/${name}`},
    })
  })

  test('the largest number that the table holds is taken', async () => {
    const cwd = await projectWith('9223372036854775807_x.sql')
    expect(await versionsIn(cwd)).toEqual([[9223372036854775807n, 'x']])
  })

  test('two with one number are refused, both named', async () => {
    const cwd = await projectWith('0002_b.sql', '1_a.sql', '2_c.sql')
    const error = await errorOf(() => readMigrations({cwd, packageRoot}))
    expect(error.code).toBe('MIGRATION_NAME')
    expect(error.message).toMatch(
      /^db\/migrations\/(0002_b|2_c)\.sql and db\/migrations\/(0002_b|2_c)\.sql have one number, 2$/,
    )
  })

  test('a folder that is called like one is an error', async () => {
    const cwd = await projectWith()
    await mkdir(join(cwd, 'db/migrations/1_a.sql'))
    expect(await errorOf(() => readMigrations({cwd, packageRoot}))).toMatchObject({
      code: 'FILE_UNREADABLE',
      message: 'db/migrations/1_a.sql is a folder',
    })
  })
})

test('numbers that are left out are told, but not those between dates', async () => {
  const cwd = await projectWith(
    '2_a.sql',
    '3_b.sql',
    '5_c.sql',
    '9_d.sql',
    '20230101120000_e.sql',
    '20230401120000_f.sql',
  )
  const {warnings} = await readMigrations({cwd, packageRoot})
  expect(warnings).toEqual(['there is no migration 4', 'there are no migrations 6 to 8'])
})

test('reading ends at once when it is interrupted', async () => {
  const cwd = await projectWith('1_a.sql')
  const signal = AbortSignal.abort(new Error('interrupted'))
  await expect(readMigrations({cwd, packageRoot, signal})).rejects.toThrow('interrupted')
})
