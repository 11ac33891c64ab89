import {chmod, mkdir, symlink, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {findSqlFile} from '../../../src/lib/sql/find.js'
import {withFolder} from './support.js'

/** A package and a project, each with a folder deep in it. */
async function withProject(
  fn: (paths: {project: string; deep: string; packageRoot: string}) => unknown,
) {
  await withFolder(async (folder) => {
    const project = join(folder, 'project')
    const deep = join(project, 'a', 'b')
    const packageRoot = join(folder, 'package')
    await mkdir(deep, {recursive: true})
    await mkdir(packageRoot)
    await fn({project, deep, packageRoot})
  })
}

async function write(folder: string): Promise<string> {
  await mkdir(join(folder, 'db'), {recursive: true})
  const path = join(folder, 'db', 'schema.sql')
  await writeFile(path, '')
  return path
}

test('the working directory comes before the folders above it', async () => {
  await withProject(async ({project, deep, packageRoot}) => {
    await write(project)
    const nearest = await write(deep)
    expect(findSqlFile('schema.sql', {cwd: deep, packageRoot})).toBe(nearest)
  })
})

test('a folder above is searched, and comes before the package', async () => {
  await withProject(async ({project, deep, packageRoot}) => {
    const above = await write(project)
    await write(packageRoot)
    expect(findSqlFile('schema.sql', {cwd: deep, packageRoot})).toBe(above)
  })
})

test("without one on the way up, it is the package's", async () => {
  await withProject(async ({deep, packageRoot}) => {
    expect(findSqlFile('seed.sql', {cwd: deep, packageRoot})).toBe(
      join(packageRoot, 'db', 'seed.sql'),
    )
  })
})

test('a file called db is passed over', async () => {
  await withProject(async ({project, deep, packageRoot}) => {
    const above = await write(project)
    await writeFile(join(deep, 'db'), '')
    expect(findSqlFile('schema.sql', {cwd: deep, packageRoot})).toBe(above)
  })
})

test('a broken link is taken, not another schema in its place', async () => {
  await withProject(async ({deep, packageRoot}) => {
    await write(packageRoot)
    await mkdir(join(deep, 'db'))
    const link = join(deep, 'db', 'schema.sql')
    await symlink('nowhere.sql', link)
    expect(findSqlFile('schema.sql', {cwd: deep, packageRoot})).toBe(link)
  })
})

test('a db that leads nowhere is taken, not another schema in its place', async () => {
  await withProject(async ({deep, packageRoot}) => {
    await write(packageRoot)
    await symlink('db', join(deep, 'db'))
    expect(findSqlFile('schema.sql', {cwd: deep, packageRoot})).toBe(join(deep, 'db', 'schema.sql'))
  })
})

test.skipIf(process.getuid?.() === 0)(
  'a db that may not be entered is taken, not another schema in its place',
  async () => {
    await withProject(async ({deep, packageRoot}) => {
      const path = await write(deep)
      await chmod(join(deep, 'db'), 0)
      try {
        expect(findSqlFile('schema.sql', {cwd: deep, packageRoot})).toBe(path)
      } finally {
        await chmod(join(deep, 'db'), 0o700)
      }
    })
  },
)
