import {execFile, execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {pathToFileURL} from 'node:url'
import {promisify} from 'node:util'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {dropDatabases, freshName, query, urlOf} from '../support/postgres.js'
import {packageRoot, runProgram} from '../support/program.js'

const execute = promisify(execFile)
const database = freshName()
let folder: string

/** A project of somebody's that has installed the package, and nothing else. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-library-'))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(packageRoot, join(folder, 'node_modules/cruddur-db'))
  write('package.json', '{"type": "module"}')
  write('example.ts', exampleOf('docs/LIBRARY.md'))
  const env = {CONNECTION_URL: urlOf(database)}
  expect(await runProgram(['setup', '--quiet'], {env})).toMatchObject({code: 0})
})
afterAll(async () => {
  rmSync(folder, {recursive: true, force: true})
  await dropDatabases(database)
})

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text)
}

function exampleOf(page: string): string {
  const [, code] = /^```ts\n(.*?)^```/ms.exec(readFileSync(join(packageRoot, page), 'utf8')) ?? []
  if (code === undefined) throw new Error(`${page} has no example`)
  return code
}

/** Runs a file of the project; what it prints. */
async function run(args: readonly string[], connectionUrl = urlOf(database)): Promise<string> {
  const {PATH = '', HOME = ''} = process.env
  const {stdout} = await execute(process.execPath, args, {
    cwd: folder,
    env: {PATH, HOME, CONNECTION_URL: connectionUrl},
  })
  return stdout
}

test('the example of docs/LIBRARY.md runs', async () => {
  const tsx = pathToFileURL(join(packageRoot, 'node_modules/tsx/dist/loader.mjs')).href
  expect(await run(['--import', tsx, 'example.ts'])).toBe(
    'posted Hello! as Londo Mollari\nthe newest: Hello!\nby londo\nandrewbrown, bayko, londo\n',
  )
})

test('its types ask for no other package, for whoever imports and whoever requires', () => {
  write(
    'wrong.ts',
    `import {createActivity, Db, homeActivities, type Ttl} from 'cruddur-db'
export async function f(db: Db): Promise<number> {
  const made = await createActivity(db, {})
  // @ts-expect-error it may have failed
  made.data.uuid
  // @ts-expect-error no such lifetime
  const ttl: Ttl = '2-days'
  // @ts-expect-error a symbol cannot be bound
  await db.queryArrayJson('', {a: Symbol()})
  await using own = new Db({max: 1})
  const [first] = await homeActivities(own)
  return ttl.length + (first?.likes_count ?? 0)
}
`,
  )
  write('required.cts', `import {Db} from 'cruddur-db'\nexport const db: Db = new Db()\n`)
  write(
    'tsconfig.json',
    JSON.stringify({
      compilerOptions: {
        exactOptionalPropertyTypes: true,
        lib: ['es2022', 'dom'],
        module: 'nodenext',
        noEmit: true,
        noUncheckedIndexedAccess: true,
        skipLibCheck: false,
        strict: true,
        target: 'es2022',
        types: [],
      },
      files: ['example.ts', 'wrong.ts', 'required.cts'],
    }),
  )
  const tsc = join(packageRoot, 'node_modules/typescript/bin/tsc')
  try {
    execFileSync(process.execPath, [tsc, '-p', folder], {encoding: 'utf8'})
  } catch (error) {
    expect((error as {stdout: string}).stdout).toBe('')
  }
})

test('it loads nothing of the command line, and what it needs only on use', async () => {
  const loaded = `
    import module from 'node:module'
    import {Db, homeActivities} from 'cruddur-db'
    const files = () => Object.keys(module._cache).map((path) => path.replace(/^.*\\/dist\\//, ''))
    const early = files()
    const db = new Db()
    await homeActivities(db)
    await db.end()
    console.log(JSON.stringify({early, late: files()}))`
  write('loaded.mjs', loaded)
  const {early, late} = JSON.parse(await run(['loaded.mjs'])) as Record<'early' | 'late', string[]>
  expect(early).toEqual(['library.js', expect.stringMatching(/^chunks\//)])
  const text = late.map((path) => readFileSync(join(packageRoot, 'dist', path), 'utf8')).join('\n')
  expect(late.filter((path) => /^(commands|hooks|main|lib)\b/.test(path))).toEqual([])
  expect(text).not.toMatch(/oclif\.manifest|flexibleTaxonomy|inquirer/)
})

test('whoever requires it has the same', async () => {
  const script = 'console.log(Object.keys(require("cruddur-db")).sort().join())'
  expect(await run(['-e', script])).toBe('CruddurError,Db,createActivity,homeActivities\n')
})

test('a Db that was not closed does not keep the process from ending, nor does a dying connection crash it', async () => {
  write(
    'dying.mjs',
    `import {Db} from 'cruddur-db'
    const [db, other] = [new Db(), new Db()]
    const {pid} = await db.queryObjectJson('SELECT pg_backend_pid() AS pid')
    await other.queryArrayJson('SELECT pg_terminate_backend(%(pid)s::int)', {pid})
    for (;;) {
      const now = await db.queryObjectJson('SELECT pg_backend_pid() AS pid').catch((error) => error)
      if (now.pid !== undefined && now.pid !== pid) break
    }
    console.log('alive')`,
  )
  expect(await run(['dying.mjs'])).toBe('alive\n')
  expect(
    await query(`SELECT FROM pg_stat_activity WHERE datname = '${database}' AND state = 'active'`),
  ).toEqual([])
})
