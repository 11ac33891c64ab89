import {existsSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, describe, expect, test} from 'vitest'
import {urlOf} from '../support/postgres.js'
import {openShellFolder, openShellScreen} from './shell-support.js'

const found = (name: string): string[] =>
  [`/usr/bin/${name}`, `/bin/${name}`].filter((path) => existsSync(path)).slice(0, 1)
const folder = openShellFolder(['cat', 'env', 'less', 'sleep', 'wc'].flatMap(found))
afterAll(() => folder.close())

const url = new URL(urlOf('postgres'))
const connection = {...folder.env, CONNECTION_URL: url.href, PGPASSWORD: 'p%40"\\\'# x'}
const open = (env: Record<string, string>, rows = 20) =>
  openShellScreen([], {rows, env: {...connection, ...env}})

const LONG = 'SELECT n FROM generate_series(1, 100) n;'

describe('what is longer than the screen', () => {
  test('goes to the pager of the user, what fits does not', async () => {
    const note = join(folder.path, 'paged')
    const screen = await open({PAGER: `cat > ${note}`})
    await screen.enter('SELECT n FROM generate_series(1, 10) n;')
    expect(existsSync(note)).toBe(false)
    await screen.enter(LONG)
    expect(screen.below(LONG)).toEqual([])
    const text = readFileSync(note, 'utf8')
    expect(text).toMatch(/^ {2}n {2}\n-----\n {3}1\n/)
    expect(text).toMatch(/ 100\n\(100 rows\)\n\n$/)
    screen.hangUp()
  })

  test('is printed where there is no pager, or one that cannot be run', async () => {
    for (const PAGER of ['', '/nonexistent/pager']) {
      const screen = await open({PAGER})
      await screen.enter(LONG)
      expect(screen.lines().join('\n')).toMatch(/ 99\n 100\n\(100 rows\)\n\nlocal postgres=>$/)
      screen.hangUp()
    }
  })

  test('gives the pager no password', async () => {
    const note = join(folder.path, 'variables')
    const screen = await open({PAGER: `env > ${note}; cat > /dev/null`, SOME_URL: url.href})
    await screen.enter(LONG)
    const variables = readFileSync(note, 'utf8')
    expect(variables).toContain('LESS=FRSX')
    expect(variables).not.toMatch(/PGPASSWORD|_URL|:\/\//)
    screen.hangUp()
  })

  test('takes no harm when the pager is left at once, however much comes', async () => {
    const screen = await open({PAGER: 'exit 0'})
    await screen.enter("SELECT repeat('x', 1000) FROM generate_series(1, 50000);")
    await screen.enter('SELECT 1 AS one;')
    expect(screen.lines().slice(-4)).toEqual(['   1', '(1 row)', '', 'local postgres=>'])
    screen.hangUp()
  })

  test.skipIf(found('less').length === 0)(
    'is shown by less, where Ctrl-C does not end the shell, nor the keys come to it',
    async () => {
      const screen = await open({PAGER: 'less'})
      screen.type(`${LONG}\r`)
      await screen.shows(/^:$/)
      expect(screen.lines().join('\n')).not.toContain('(100 rows)')
      screen.type(' ')
      await expect.poll(() => screen.lines().slice(-2)).toEqual(['  36', ':'])
      screen.type('\x03')
      // less throws away what is typed in the moment of an interrupt.
      const leaving = setInterval(() => screen.type('q'), 100)
      await screen.shows(/^local postgres=> ?q*$/)
      clearInterval(leaving)
      await screen.waits(() => screen.type('\x03'))
      await screen.enter('SELECT 1 AS one;')
      expect(screen.below('SELECT 1 AS one;')[2]).toBe('   1')
      screen.hangUp()
    },
  )
})

// Of Linux' own file system.
test.skipIf(!existsSync('/proc/self/status'))(
  'a million rows do not fill the memory',
  async () => {
    const screen = await open({PAGER: 'cat > /dev/null'})
    const before = memory(screen.pid, 'VmRSS')
    const sql = "SELECT n, repeat('x', 100) FROM generate_series(1, 1000000) n;"
    await screen.enter(sql)
    expect(memory(screen.pid, 'VmHWM') - before).toBeLessThan(400 * 1024)
    screen.hangUp()
  },
  60_000,
)

test('a pager that is not read on holds the server up, for longer than a silent server would be waited for', async () => {
  const note = join(folder.path, 'held')
  const screen = await open({PAGER: `sleep 3; cat | wc -l > ${note}`})
  await screen.enter("SELECT n, repeat('x', 100) FROM generate_series(1, 200000) n;")
  expect(Number(readFileSync(note, 'utf8'))).toBe(600_001)
  screen.hangUp()
})

/** In kB. */
function memory(pid: number, name: 'VmRSS' | 'VmHWM'): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1])
}
