import {execFileSync, fork} from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {openHistory} from '../../../src/lib/shell/history.js'

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-history-'))
  file = join(folder, 'a', 'b', 'one.shell')
})
afterEach(() => rmSync(folder, {recursive: true, force: true}))

const never = (reason: string): never => {
  throw new Error(reason)
}
const open = () => openHistory(file, never)
const lines = (path = file): string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1)

/** As the shell before left it. */
function leave(entries: readonly string[]): void {
  mkdirSync(join(folder, 'a', 'b'), {recursive: true, mode: 0o700})
  const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('')
  writeFileSync(file, text, {mode: 0o600})
}

describe('what was typed', () => {
  test('is there in the next shell, the latest first, all lines of a statement as one', () => {
    const first = open()
    first.add('SELECT 1;')
    first.add('SELECT\n  2;')
    expect(first.entries()).toEqual(['SELECT\n  2;', 'SELECT 1;'])
    expect(open().entries()).toEqual(['SELECT\n  2;', 'SELECT 1;'])
    expect(lines()).toHaveLength(2)
  })

  test('lies where only the user can read it', () => {
    open().add('SELECT 1;')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'a', 'b')).mode & 0o777).toBe(0o700)
    expect(statSync(join(folder, 'a')).mode & 0o777).toBe(0o700)
  })

  test('is not repeated when it is typed again at once, nor kept when it is blank', () => {
    const history = open()
    for (const entry of ['SELECT 1;', 'SELECT 1;', '', '  ', ' SELECT 1; ']) history.add(entry)
    expect(history.entries()).toEqual(['SELECT 1;'])
    expect(lines()).toEqual(['"SELECT 1;"'])
  })

  test('is offered, but not written, when it holds a password', () => {
    const history = open()
    history.add("ALTER ROLE me PASSWORD 'kept secret';")
    expect(history.entries()).toHaveLength(1)
    expect(readFileSync(file, 'utf8')).toBe('')
    expect(open().entries()).toEqual([])
  })

  test('is not written when it is very long', () => {
    open().add(`SELECT '${'x'.repeat(70_000)}';`)
    expect(open().entries()).toEqual([])
  })
})

describe('at most 1000 entries are offered', () => {
  const many = (count: number): string[] => Array.from({length: count}, (_, n) => `SELECT ${n};`)

  test('and the files do not grow beyond two of these', () => {
    for (let round = 0; round < 4; round++) {
      leave(
        existsSync(file) ? [...lines().map((line) => JSON.parse(line)), ...many(700)] : many(700),
      )
      const history = open()
      expect(history.entries().length).toBeLessThanOrEqual(1000)
      expect(history.entries()[0]).toBe('SELECT 699;')
      history.add(`SELECT 'round ${round}';`)
      expect(open().entries()[0]).toBe(`SELECT 'round ${round}';`)
    }
    expect(lines().length + lines(`${file}.old`).length).toBeLessThan(3000)
  })

  test('also those from before the file was turned over', () => {
    leave(many(1000))
    expect(open().entries()).toHaveLength(1000)
    expect(lines()).toEqual([])
    const next = open()
    expect(next.entries()).toHaveLength(1000)
    next.add('SELECT 1;')
    expect(open().entries().slice(0, 2)).toEqual(['SELECT 1;', 'SELECT 999;'])
  })

  test('a shell that is about to turn the file over is left alone, one that was killed is not waited for', () => {
    leave(many(1000))
    writeFileSync(`${file}.lock`, '')
    open()
    expect([lines().length, existsSync(`${file}.lock`)]).toEqual([1000, true])
    utimesSync(`${file}.lock`, 0, 0)
    open()
    open()
    expect([lines().length, existsSync(`${file}.lock`)]).toEqual([0, false])
  })
})

test('shells that run at the same time lose nothing of each other, while the file is turned over too', async () => {
  leave(Array.from({length: 990}, (_, n) => `SELECT ${n};`))
  const script = join(folder, 'shell.mjs')
  const module = join(process.cwd(), 'src', 'lib', 'shell', 'history.ts')
  writeFileSync(
    script,
    `import {openHistory} from ${JSON.stringify(module)}
for (let n = 0; n < 60; n++) openHistory(${JSON.stringify(file)}, console.error).add(process.argv[2] + ' ' + n)
`,
  )
  const shells = ['a', 'b', 'c'].map(
    (name) =>
      new Promise((resolve) => {
        const options = {execArgv: ['--import', 'tsx']}
        fork(script, [name], options).once('exit', resolve)
      }),
  )
  expect(await Promise.all(shells)).toEqual([0, 0, 0])
  const kept = new Set([...lines(`${file}.old`), ...lines()].map((line) => JSON.parse(line)))
  for (const name of ['a', 'b', 'c']) {
    const own = Array.from({length: 60}, (_, n) => `${name} ${n}`)
    expect(own.filter((entry) => !kept.has(entry))).toEqual([])
  }
})

describe('what stands in the way is told once, and the shell goes on', () => {
  const asRoot = process.getuid?.() === 0

  function troubled() {
    const reasons: string[] = []
    const history = openHistory(file, (reason) => reasons.push(reason))
    history.add('SELECT 1;')
    history.add('SELECT 2;')
    expect(history.entries().slice(0, 2)).toEqual(['SELECT 2;', 'SELECT 1;'])
    return reasons
  }

  test('a folder that cannot be made', () => {
    writeFileSync(join(folder, 'a'), '')
    expect(troubled()).toHaveLength(1)
  })

  test.skipIf(asRoot)('a folder that cannot be written to', () => {
    chmodSync(folder, 0o500)
    expect(troubled()).toHaveLength(1)
    chmodSync(folder, 0o700)
  })

  test('a file that others may write', () => {
    leave(['DROP TABLE users;'])
    chmodSync(file, 0o666)
    expect(troubled()).toEqual([`${file} can be written by others`])
  })

  test('a pipe in the place of the file', () => {
    leave([])
    rmSync(file)
    execFileSync('mkfifo', [file])
    expect(troubled()).toHaveLength(1)
  })

  test('a full disk', () => {
    leave([])
    rmSync(file)
    symlinkSync('/dev/full', file)
    expect(troubled()).toHaveLength(1)
  })
})

test('a line that is no entry is passed over: one that was cut short, one of another program', () => {
  leave(['SELECT 1;'])
  appendFileSync(file, '"SELECT 2\n{"no": "entry"}\n7\n"SELECT 3;"\n')
  expect(open().entries()).toEqual(['SELECT 3;', 'SELECT 1;'])
})

test('without a place nothing is kept, and nothing said', () => {
  const history = openHistory(undefined, never)
  history.add('SELECT 1;')
  expect(history.entries()).toEqual(['SELECT 1;'])
})
