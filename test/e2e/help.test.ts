import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {packageRoot, runProgram} from '../support/program.js'
import {openScreen} from '../support/screen.js'

interface Manifest {
  commands: Record<string, {hidden?: boolean}>
}

const {commands}: Manifest = JSON.parse(
  readFileSync(join(packageRoot, 'oclif.manifest.json'), 'utf8'),
)
const names = Object.keys(commands).filter((name) => !commands[name]?.hidden)

async function help(args: string[], columns: number, env: Record<string, string> = {}) {
  // Not where every control sequence counts: the terminal is asked something.
  const lingers = !('NO_COLOR' in env || 'TERM' in env)
  const screen = openScreen(args, {columns, rows: 200, env, lingers})
  expect(await screen.ended).toBe(0)
  return screen
}

/** The commands that are listed, in their order, with the headings they stand under. */
function listing(text: string): string[] {
  const known = new RegExp(`^  (${names.join('|')})(?: |$)`)
  const heading = /^[A-Z][A-Z ]+$/
  return text.split('\n').flatMap((line) => {
    const name = known.exec(line)?.[1]
    return name ?? (heading.test(line) ? line : [])
  })
}

describe('help', () => {
  test('lists commands by what they are for, in the order in which people need them', async () => {
    const {stdout} = await runProgram(['help'])
    const listed = listing(stdout)
    const order = ['EVERY DAY', 'overview', 'setup', 'connect', 'sessions']
    expect(listed.filter((line) => order.includes(line))).toEqual(order)
    const headings = [
      'USAGE',
      'WHICH DATABASE',
      'EVERY DAY',
      'THE DATABASE AND ITS FILES',
      'MIGRATIONS',
      'PRODUCTION ON AWS',
      'THE EMBEDDED SERVER',
      'OTHER',
    ]
    expect(listed.filter((line) => /^[A-Z]/.test(line))).toEqual(headings)
    expect(listed.slice(listed.indexOf('OTHER') + 1)).toEqual(['completion', 'help'])
  })

  test('lists each command once, and no other', async () => {
    const {stdout} = await runProgram(['--help'])
    const listed = listing(stdout).filter((line) => /^[a-z]/.test(line))
    expect(listed.toSorted()).toEqual(names.toSorted())
  })

  test('is the same as --help and -h', async () => {
    const [one, ...others] = await Promise.all(
      [['help'], ['--help'], ['-h']].map((args) => runProgram(args)),
    )
    expect(others).toEqual([one, one])
  })

  test('of a command is the same however it is asked for', async () => {
    const [one, ...others] = await Promise.all(
      [
        ['help', 'setup'],
        ['setup', '--help'],
        ['setup', '-h'],
      ].map((args) => runProgram(args)),
    )
    expect(one?.stdout).toContain('EXAMPLES')
    expect(others).toEqual([one, one])
  })

  test.each([
    ['help', 'dorp'],
    ['dorp', '--help'],
  ])('names the nearest command: %s %s', async (...args) => {
    expect(await runProgram(args)).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'Error: there is no command "dorp"\n  → did you mean drop? All commands: cruddur-db --help\n',
    })
  })
})

describe('a flag that a command does not have', () => {
  test.each([
    ['--forse', 'did you mean --force? see --help'],
    ['--dryrun', 'did you mean --dry-run? see --help'],
    ['--no-sed', 'did you mean --no-seed? see --help'],
    ['--xyzzy', 'see --help'],
  ])('%s: %s', async (flag, hint) => {
    expect(await runProgram(['setup', flag])).toEqual({
      code: 2,
      stdout: '',
      stderr: `Error: Nonexistent flag: ${flag}\n  → ${hint}\n`,
    })
  })

  test('is not repeated with its value, which may be a password', async () => {
    const secret = 'p%40"\'# x'
    const {stdout, stderr} = await runProgram([
      'setup',
      `--utl=postgres://u:${secret}@h/d`,
      '--json',
    ])
    expect(stdout + stderr).not.toContain('p%40')
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'USAGE',
      hint: 'did you mean --url? see --help',
    })
  })
})

describe.each([60, 80, 200])('at %i columns', (columns) => {
  test.each([...names, ''])('no line is longer: help %s', async (name) => {
    const screen = await help(name === '' ? ['help'] : ['help', name], columns)
    // A line that overflows goes on in the next one.
    const wide = await help(name === '' ? ['help'] : ['help', name], 200, {
      OCLIF_COLUMNS: String(Math.min(columns, 100)),
    })
    expect(screen.lines()).toEqual(wide.lines())
  })
})

test('on a wide terminal lines stay short enough to read', async () => {
  const screen = await help(['help', 'setup'], 200)
  expect(Math.max(...screen.lines().map((line) => line.length))).toBeLessThanOrEqual(100)
})

describe('headings', () => {
  const sequence = '\u001b['

  test('are bold on a terminal', async () => {
    const screen = await help(['help'], 80)
    expect(screen.look('EVERY DAY').bold).toBe(true)
  })

  test.each([{NO_COLOR: '1'}, {TERM: 'dumb'}])('are plain with %j', async (env) => {
    for (const args of [['help'], ['setup', '--help']])
      expect((await help(args, 80, env)).output()).not.toContain(sequence)
  })

  test('are plain in a pipe', async () => {
    expect((await runProgram(['help'])).stdout).not.toContain(sequence)
  })
})
