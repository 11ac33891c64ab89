import {spawn as spawnChild} from 'node:child_process'
import {stripVTControlCharacters} from 'node:util'
import {spawn} from '@lydell/node-pty'
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import {openProgressBar, type ProgressBar, progressLine} from '../../../src/lib/cli/progress.js'
import type {RunProgress} from '../../../src/lib/sql/run.js'
import {ended, programCommand} from '../../support/program.js'
import {until} from '../../support/wait.js'

const MB = 1_000_000
const half: RunProgress = {
  path: 'db/seed.sql',
  bytes: 17.2 * MB,
  total: 33 * MB,
  statements: 104_210,
  rows: 104_200,
}

const line = (progress: Partial<RunProgress>, rate = 9.8 * MB, columns = 120): string =>
  stripVTControlCharacters(progressLine({...half, ...progress}, rate, columns))

describe('the line', () => {
  test.each([
    [
      120,
      'db/seed.sql  ██████████░░░░░░░░░░  52 %  17.2/33.0 MB  9.8 MB/s  2 s left  104,210 statements  104,200 rows',
    ],
    [
      100,
      'db/seed.sql  ██████████░░░░░░░░░░  52 %  17.2/33.0 MB  9.8 MB/s  2 s left  104,200 rows',
    ],
    [80, 'db/seed.sql  ██████████░░░░░░░░░░  52 %  17.2/33.0 MB  9.8 MB/s  2 s left'],
    [60, 'db/seed.sql  ██████░░░░░░  52 %  17.2/33.0 MB  2 s left'],
    [40, 'db/seed.sql  ███░░░  52 %  2 s left'],
    [20, 'db/seed.sql  52 %'],
    [10, '52 %'],
    [5, ''],
  ])('leaves the less important out: %i columns', (columns, expected) => {
    expect(line({}, 9.8 * MB, columns)).toBe(expected)
  })

  test.each([
    [120, 'db/seed.sql  17.2 MB  9.8 MB/s  104,210 statements  104,200 rows'],
    [60, 'db/seed.sql  17.2 MB  9.8 MB/s  104,200 rows'],
    [40, 'db/seed.sql  17.2 MB  9.8 MB/s'],
    [20, 'db/seed.sql'],
  ])('promises no end where the length is not known: %i columns', (columns, expected) => {
    expect(line({total: undefined}, 9.8 * MB, columns)).toBe(expected)
  })

  test.each([
    [
      '/home/ann/projects/cruddur/db/seed.sql',
      '/home/a…ur/db/seed.sql  ████████░░░░░░░░  52 %  17.2/33.0 MB  2 s left',
    ],
    [
      'データベース/日本語の長い名前.sql',
      'データベ…長い名前.sql  ████████░░░░░░░░░  52 %  17.2/33.0 MB  2 s left',
    ],
    [
      '👩👩👩👩👩👩/👍🏽👍🏽👍🏽👍🏽👍🏽👍🏽/a.sql',
      '👩👩👩👩…👍🏽👍🏽👍🏽/a.sql  ████████░░░░░░░░░  52 %  17.2/33.0 MB  2 s left',
    ],
  ])('cuts a long path in the middle, by the columns it takes: %s', (path, expected) => {
    expect(line({path}, 9.8 * MB, 75)).toBe(expected)
  })

  test('makes a path harmless', () => {
    expect(line({path: 'a\x1b[2J\u202e\n.sql'})).toMatch(/^a\\x1b\[2J\\u202e\\x0a\.sql {2}█/)
  })

  test.each([
    [0.4 * MB, 33 * MB, '1 %  0.4/33.0 MB'],
    [1, 999, '0 %  1/999 B'],
    [0, 999_500, '0 %  0.0/1.0 MB'],
    [0, 1000, '0 %  0.0/1.0 kB'],
    [99.94 * MB, 99.95 * MB, '99 %  100/100 MB'],
    [1.25e9, 5e12, '0 %  1/5000 GB'],
    [33 * MB - 1, 33 * MB, '99 %  33.0/33.0 MB'],
    [34 * MB, 33 * MB, '100 %  33.0/33.0 MB'],
    [0, 0, '100 %  0/0 B'],
  ])('%i of %i bytes: %s', (bytes, total, expected) => {
    expect(line({bytes, total, statements: 0, rows: 0}, 0)).toMatch(
      new RegExp(`[█░]  ${expected}  0 B/s$`),
    )
  })

  test.each([
    [1, '1 s left'],
    [58.2, '59 s left'],
    [59.1, '1 min left'],
    [61, '2 min left'],
    [59 * 60 + 1, '1 h left'],
    [99 * 3600, '99 h left'],
  ])('%d seconds to go: %s', (seconds, expected) => {
    const progress = {bytes: 0, total: seconds * MB, statements: 0, rows: 0}
    expect(line(progress, MB)).toMatch(new RegExp(`1\\.0 MB/s  ${expected}$`))
  })

  test.each([
    ['nothing moves', {}, 0],
    ['all is loaded', {bytes: half.total ?? 0}, MB],
    ['it would take days', {total: 1e12}, 1000],
  ])('does not guess the time left when %s', (_, progress, rate) => {
    expect(line(progress, rate)).not.toContain('left')
  })

  test('says "1 statement", "1 row", and nothing of none', () => {
    expect(line({statements: 1, rows: 1})).toMatch(/left {2}1 statement {2}1 row$/)
    expect(line({statements: 40, rows: 0})).toMatch(/left {2}40 statements$/)
  })

  test('never fills the last column, whatever is in it', () => {
    const paths = ['a', half.path, 'x'.repeat(300), '/a/'.repeat(30)]
    for (let columns = 0; columns <= 130; columns++)
      for (const path of paths)
        for (const total of [undefined, 0, 17.3 * MB, 5e12])
          for (const rate of [0, 1234, 999_499, 1e12])
            expect(line({path, total}, rate, columns).length).toBeLessThan(Math.max(1, columns))
  })
})

const ERASED = '\r\x1b[J'

describe('the bar', () => {
  let bar: ProgressBar
  let written: string[]
  const terminal = {
    isTTY: true,
    columns: 80,
    write: (text: string) => {
      written.push(tidy(text))
      return true
    },
  }

  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubEnv('TERM', 'xterm-256color')
    vi.stubEnv('CI', '')
    vi.stubEnv('DEBUG', '')
    written = []
    terminal.columns = 80
    bar = openProgressBar(terminal)
  })
  afterEach(() => {
    bar.stop()
    vi.useRealTimers()
    vi.unstubAllEnvs()
  })

  /** Loads at `rate` bytes per second, with an update each millisecond. */
  function load(ms: number, rate: number, from = 0): void {
    for (let elapsed = 0; elapsed < ms; elapsed++) {
      bar.update({...half, bytes: from + (elapsed / 1000) * rate, rows: 0, statements: 0})
      vi.advanceTimersByTime(1)
    }
  }

  test('does not flicker for what is done in 300 ms, however long it waited before', () => {
    vi.advanceTimersByTime(10_000)
    load(299, MB)
    bar.stop()
    expect(written).toEqual([])
  })

  test('is redrawn ten times a second, whatever the updates', () => {
    load(2300, MB)
    expect(written).toHaveLength(21)
    expect(written.at(-1)).toBe(
      'db/seed.sql  █░░░░░░░░░░░░░░░░░░░  6 %  2.3/33.0 MB  1.0 MB/s  31 s left',
    )
  })

  test('gives the rate of the last five seconds', () => {
    load(6000, 4 * MB)
    load(5100, MB, 24 * MB)
    expect(written.at(-1)).toContain('29.1/33.0 MB  1.0 MB/s  4 s left')
  })

  test('moves on without updates: the rate decays, the time left goes', () => {
    load(3000, MB)
    vi.advanceTimersByTime(3000)
    expect(written.at(-1)).toContain('3.0/33.0 MB  400 kB/s  2 min left')
    vi.advanceTimersByTime(3000)
    expect(written.at(-1)).toMatch(/0 B\/s$/)
  })

  test('does not redraw what has not changed', () => {
    load(400, 0)
    const before = written.length
    vi.advanceTimersByTime(60_000)
    expect(written).toHaveLength(before)
  })

  test('follows a terminal that changes its width', () => {
    load(1000, MB)
    terminal.columns = 40
    load(200, MB, MB)
    expect(written.at(-1)).toBe('db/seed.sql  ░░░░░░  3 %  32 s left')
  })

  test('makes way for other lines, and comes back below them', () => {
    load(400, MB)
    const shown = written.at(-1)
    written = []
    bar.interrupt(() => terminal.write('NOTICE: one\n'))
    expect(written).toEqual([ERASED, 'NOTICE: one\n', shown])
  })

  test('comes back also when what interrupts it fails', () => {
    load(400, MB)
    const shown = written.at(-1)
    const fail = (): never => {
      throw new Error('gone')
    }
    expect(() => bar.interrupt(fail)).toThrow('gone')
    expect(written.slice(-2)).toEqual([ERASED, shown])
  })

  test('writes nothing around other lines before it is there, or after it has gone', () => {
    bar.interrupt(() => terminal.write('before\n'))
    load(100, MB)
    bar.interrupt(() => terminal.write('early\n'))
    bar.stop()
    bar.interrupt(() => terminal.write('after\n'))
    expect(written).toEqual(['before\n', 'early\n', 'after\n'])
  })

  test('is taken off once, and a late update does not bring it back', () => {
    load(400, MB)
    written = []
    bar.stop()
    bar.stop()
    load(1000, MB)
    expect(written).toEqual([ERASED])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('does not come when it was stopped before loading began', () => {
    bar.stop()
    load(1000, MB)
    expect(written).toEqual([])
  })

  test('leaves no listener behind', () => {
    const before = process.listenerCount('exit')
    load(400, MB)
    expect(process.listenerCount('exit')).toBe(before + 1)
    bar.stop()
    expect(process.listenerCount('exit')).toBe(before)
  })

  test.each([
    ['a pipe', 'xterm', {...terminal, isTTY: false}],
    ['a dumb terminal', 'dumb', terminal],
  ])('writes nothing to %s but what interrupts it', (_, term, output) => {
    vi.stubEnv('TERM', term)
    bar = openProgressBar(output)
    load(1000, MB)
    bar.interrupt(() => output.write('NOTICE: one\n'))
    bar.stop()
    expect(written).toEqual(['NOTICE: one\n'])
  })
})

const [BEFORE, AFTER] = ['\r\x1b[?7l', '\x1b[J\r\x1b[?7h']

/** The line of a redraw without its colours; what is none, as it is. */
function tidy(text: string): string {
  if (!text.startsWith(BEFORE) || !text.endsWith(AFTER)) return text
  return stripVTControlCharacters(text.slice(BEFORE.length, -AFTER.length))
}

/** Loads, gives a notice as soon as the terminal has another width, loads on, then does what `end` says. */
const script = (end: string): string => `
import {openProgressBar} from './src/lib/cli/progress.ts'
const bar = openProgressBar()
const started = Date.now()
let noticed
const timer = setInterval(() => {
  const ms = Date.now() - started
  bar.update({path: 'db/seed.sql', bytes: ms * 1000, total: 2e6, statements: ms, rows: ms})
  if (!noticed && ms > 500 && process.stderr.columns !== 100) {
    noticed = ms
    bar.interrupt(() => console.error('NOTICE: half way'))
  }
  if (!(ms - noticed > 300)) return
  clearInterval(timer)
  ${end}
}, 1)
`

function scriptCommand(end: string, env: Record<string, string> = {}) {
  const {file, options} = programCommand([], {env})
  return {file, args: ['--import', 'tsx', '--input-type=module', '-e', script(end)], options}
}

/** Runs the script in a terminal that shrinks from 100 to 40 columns once the bar is there. */
async function inTerminal(end: string, env: Record<string, string> = {}) {
  const {file, args, options} = scriptCommand(end, {TERM: 'xterm-256color', ...env})
  const pty = spawn(file, args, {cols: 100, rows: 30, ...options})
  let output = ''
  pty.onData((data) => {
    output += data
  })
  const exit = new Promise<number>((resolve) => pty.onExit(({exitCode}) => resolve(exitCode)))
  await until(
    () => output.includes(AFTER),
    () => `a bar in:\n${output}`,
  )
  pty.resize(40, 30)
  const code = await exit
  return {code, output, frames: output.split('\r\n').join('').split(BEFORE).slice(1).map(frameLine)}
}

const frameLine = (frame: string): string =>
  stripVTControlCharacters(frame.slice(0, frame.indexOf(AFTER)))

/** What is left on a terminal's screen: carriage return, line feed and "erase below" as it does them. */
function screenOf(output: string): string[] {
  const lines = ['']
  let row = 0
  let column = 0
  for (const character of stripVTControlCharacters(output.replaceAll('\x1b[J', '\f'))) {
    const line = lines[row] ?? ''
    if (character === '\r') column = 0
    else if (character === '\n') lines[++row] ??= ''
    else if (character === '\f') lines.splice(row, lines.length, line.slice(0, column))
    else lines[row] = line.slice(0, column).padEnd(column) + character + line.slice(++column)
  }
  return lines
}

describe.concurrent('in a real terminal', () => {
  test('is redrawn in its line, follows the width, and is gone at the end', async () => {
    const {code, output, frames} = await inTerminal("bar.stop(); console.log('loaded')")
    expect(frames.length).toBeGreaterThan(3)
    expect(frames[0]).toMatch(
      /^db\/seed\.sql {2}█+░+ {2}\d\d % {2}0\.\d\/2\.0 MB {2}.* {2}\d+ rows$/,
    )
    expect(frames.at(-1)).toMatch(/^db\/seed\.sql {2}█+░+ {2}\d\d % {2}\d s left$/)
    expect(screenOf(output)).toEqual(['NOTICE: half way', 'loaded', ''])
    expect(code).toBe(0)
  })

  test('leaves cursor and wrapping as they were', async () => {
    const {output, frames} = await inTerminal('bar.stop()')
    const modes = output.split('\x1b[?').slice(1)
    const kept = modes.map((mode) => mode.slice(0, 2))
    expect(kept).toEqual(frames.flatMap(() => ['7l', '7h']))
  })

  test.each([
    ['the process ends by itself', '', 0],
    ['the process is ended', 'process.exit(130)', 130],
  ])('is gone also when nobody stops it: %s', async (_, end, expected) => {
    const {code, output} = await inTerminal(end)
    expect(code).toBe(expected)
    expect(screenOf(output)).toEqual(['NOTICE: half way', ''])
  })

  test.each([
    ['is coloured', {}, true],
    ['has no colours with NO_COLOR', {NO_COLOR: '1'}, false],
  ])('%s', async (_, env, coloured) => {
    const {output} = await inTerminal('bar.stop()', env)
    expect(output.split('\x1b[').some((part) => /^[\d;]*m/.test(part))).toBe(coloured)
  })
})

test('a pipe gets what the program itself says, and nothing else', async () => {
  const {file, args, options} = scriptCommand("bar.stop(); console.log('loaded')")
  const child = spawnChild(file, args, {...options, stdio: ['ignore', 'pipe', 'pipe']})
  expect(await ended(child)).toEqual({code: 0, stdout: 'loaded\n', stderr: 'NOTICE: half way\n'})
})
