import {execFileSync} from 'node:child_process'
import {chmodSync, mkdtempSync, readdirSync, realpathSync, rmSync} from 'node:fs'
import {homedir, tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {embeddedHome} from '../../../src/lib/embedded/home.js'
import {asRoot, ROOT} from './support.js'

const HOME_MODULE = join(ROOT, 'src', 'lib', 'embedded', 'home.ts')
let folder: string

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'cruddur-home-')))
})
afterEach(() => rmSync(folder, {recursive: true, force: true}))

/** What a process with this environment takes for its home. */
function homeWith(env: Record<string, string>): string {
  const script = `import {embeddedHome} from ${JSON.stringify(HOME_MODULE)}; process.stdout.write(embeddedHome(process.env))`
  const args = ['--import', 'tsx', '--input-type=module', '--eval', script]
  return execFileSync(process.execPath, args, {
    cwd: ROOT,
    env: {PATH: process.env['PATH'], ...env},
    encoding: 'utf8',
  })
}

describe('embeddedHome', () => {
  test.each([
    ['/srv/db', '/srv/db'],
    ['db', join(process.cwd(), 'db')],
    ['~/db', join(homedir(), 'db')],
    ['~other/db', join(process.cwd(), '~other/db')],
  ])('takes CRUDDUR_DB_HOME=%s for %s', (named, expected) => {
    expect(embeddedHome({CRUDDUR_DB_HOME: named})).toBe(expected)
  })

  test.runIf(process.platform === 'linux')(
    'is in the user data directory, also when CRUDDUR_DB_HOME is empty',
    () => {
      chmodSync(folder, 0o755)
      expect(homeWith({HOME: folder, CRUDDUR_DB_HOME: ''})).toBe(
        join(folder, '.local/share/cruddur-db'),
      )
      expect(homeWith({HOME: '/nowhere', XDG_DATA_HOME: folder})).toBe(join(folder, 'cruddur-db'))
    },
  )

  test.runIf(process.platform === 'linux')('never depends on the working directory', () => {
    expect(homeWith({HOME: ''})).toMatch(/^\//)
  })

  test.runIf(asRoot)(
    "is in /var/lib where root's own home directory is closed to the server's user",
    () => {
      const expected = `/var/lib/cruddur-db/${join(folder, '.local/share/cruddur-db').slice(1).replaceAll('/', '-')}`
      expect(homeWith({HOME: folder})).toBe(expected)
      expect(readdirSync(folder)).toEqual([])
    },
  )
})
