import {mkdtempSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {stripVTControlCharacters} from 'node:util'
import {spawn} from '@lydell/node-pty'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {type FakeAws, startFakeAws} from '../support/aws/fake-aws.js'
import {programCommand} from '../support/program.js'
import {AWS_LINE, NAME, onStage, PASSWORD, PLAN, planWith} from '../support/rds-create.js'
import {openScreen, type Screen} from '../support/screen.js'
import {openTerminal, type Terminal} from '../support/terminal.js'
import {until} from '../support/wait.js'

const [CTRL_C, CTRL_D, ENTER] = ['\u0003', '\u0004', '\r']
const NAME_PROMPT = `Type the instance's identifier (${NAME}) to go on:`
const FIRST = 'Password for cruddurroot:'
const AGAIN = 'the same once more:'
const cwd = mkdtempSync(join(tmpdir(), 'cruddur-db-test-'))

let fake: FakeAws

beforeEach(async () => {
  fake = await startFakeAws()
})
afterEach(() => fake.close())

const open = (...args: string[]): Terminal =>
  openTerminal(['rds-create', ...args], {cwd, env: fake.env})

const lines = (terminal: Terminal): string => terminal.screen().replaceAll('\r\n', '\n')
const created = () => fake.requests.filter(({action}) => action === 'CreateDBInstance')
const count = (terminal: Terminal, text: string): number => terminal.screen().split(text).length - 1

/** Waits until a prompt stands there for the nth time. */
const shows = (terminal: Terminal, text: string, times: number): Promise<void> =>
  until(
    () => count(terminal, text) >= times,
    () => `${times} × "${text}" in:\n${terminal.screen()}`,
  )

async function atPassword(...args: string[]): Promise<Terminal> {
  const terminal = open(...args)
  await terminal.shows(NAME_PROMPT)
  terminal.type(NAME + ENTER)
  await terminal.shows(FIRST)
  return terminal
}

function expectRefused(terminal: Terminal): void {
  expect(lines(terminal)).toMatch(
    /Error: not confirmed\n {2}→ nothing was touched; run it again if you mean it\n$/,
  )
  expect(terminal.screen()).not.toMatch(/^\s+at /m)
  expect(created()).toEqual([])
}

describe('the identifier', () => {
  test('is asked for below the plan; typed, and the password typed twice, the instance is made', async () => {
    const terminal = await atPassword('--no-wait')
    expect(
      lines(terminal).startsWith(`${AWS_LINE}${planWith('asked for next')}? ${NAME_PROMPT}`),
    ).toBe(true)
    expect(created()).toEqual([])
    terminal.type(PASSWORD + ENTER)
    await terminal.shows(AGAIN)
    expect(created()).toEqual([])
    terminal.type(PASSWORD + ENTER)
    expect(await terminal.ended).toBe(0)
    expect(lines(terminal)).toContain('✔ Password for cruddurroot:\n')
    expect(lines(terminal)).toMatch(
      new RegExp(`✔ ${AGAIN}\nthe instance "${NAME}" is creating\n[^]*once there is one\n$`),
    )
    expect(created().map(({params}) => params['MasterUserPassword'])).toEqual([PASSWORD])
  })

  test.each([
    ['another name', `cruddur${ENTER}`],
    ['the name in capitals', NAME.toUpperCase() + ENTER],
    ['yes', `y${ENTER}`],
    ['nothing', ENTER],
    ['Ctrl-C', CTRL_C],
    ['Ctrl-C behind the name', NAME + CTRL_C],
    ['Ctrl-D', CTRL_D],
  ])('%s is a no: exit 4, nothing is created', async (_, keys) => {
    const terminal = open()
    await terminal.shows(NAME_PROMPT)
    terminal.type(keys)
    expect(await terminal.ended).toBe(4)
    expectRefused(terminal)
  })

  test('is not asked for where --confirm names it, or where the instance is there', async () => {
    const terminal = open('--confirm', NAME, '--no-wait')
    await terminal.shows(FIRST)
    expect(terminal.screen()).not.toContain(NAME_PROMPT)
    terminal.type(PASSWORD + ENTER)
    await terminal.shows(AGAIN)
    terminal.type(PASSWORD + ENTER)
    expect(await terminal.ended).toBe(0)
    const again = open('--no-wait')
    expect(await again.ended).toBe(0)
    expect(again.screen()).not.toContain('?')
    expect(created()).toHaveLength(1)
  })

  test('is the only question where AWS makes up the password', async () => {
    const terminal = open('--manage-master-user-password', '--no-wait')
    await terminal.shows(NAME_PROMPT)
    terminal.type(NAME + ENTER)
    expect(await terminal.ended).toBe(0)
    expect(terminal.screen()).not.toContain(FIRST)
    expect(created()).toHaveLength(1)
  })
})

describe('the password', () => {
  test('is asked for again when the two differ', async () => {
    const terminal = await atPassword('--no-wait')
    terminal.type(PASSWORD + ENTER)
    await terminal.shows(AGAIN)
    terminal.type(`${PASSWORD}x${ENTER}`)
    await shows(terminal, `the two differ; once more from the beginning\r\n? ${FIRST}`, 1)
    terminal.type(`an0ther-Password${ENTER}`)
    await until(
      () => lines(terminal).lastIndexOf(AGAIN) > lines(terminal).indexOf('the two differ'),
      () => `the second question in:\n${terminal.screen()}`,
    )
    terminal.type(`an0ther-Password${ENTER}`)
    expect(await terminal.ended).toBe(0)
    expect(created().map(({params}) => params['MasterUserPassword'])).toEqual(['an0ther-Password'])
  })

  test.each([
    ['short', 'has 5 characters: RDS takes 8 to 128 of them'],
    ['x'.repeat(129), 'has 129 characters: RDS takes 8 to 128 of them'],
    ['at@at@at@at', 'holds one of / " @, which RDS does not take'],
    ['correct horse', 'holds a blank, or a character that is no printable ASCII'],
    ['crème brûlée', 'holds a blank, or a character that is no printable ASCII'],
    ['', 'has 0 characters: RDS takes 8 to 128 of them'],
  ])(
    'that RDS would refuse is asked for anew, nothing of it kept: %j',
    async (refused, problem) => {
      const terminal = await atPassword('--no-wait')
      terminal.type(refused + ENTER)
      await terminal.shows(problem)
      // Typed as into an empty line, which is what a hidden one looks like.
      terminal.type(PASSWORD + ENTER)
      await terminal.shows(AGAIN)
      terminal.type(PASSWORD + ENTER)
      expect(await terminal.ended).toBe(0)
      expect(created().map(({params}) => params['MasterUserPassword'])).toEqual([PASSWORD])
      if (refused) expect(terminal.screen()).not.toContain(refused)
    },
  )

  test('is never on the screen, however awkward, corrected with backspace or refused by AWS', async () => {
    const message = `bad password: $HOME\`id\`'%41`
    fake.fail('CreateDBInstance', {code: 'InvalidParameterValue', message})
    const screen = openScreen(['rds-create', '--confirm', NAME], {cwd, env: fake.env})
    for (const prompt of [/^\? Password for cruddurroot:/, /^\? the same once more:/]) {
      await screen.shows(prompt)
      screen.type(`$HOME\`id\`'%4x`)
      screen.type(`\u007f1${ENTER}`)
    }
    expect(await screen.ended).toBe(1)
    expect(created()[0]?.params['MasterUserPassword']).toBe(`$HOME\`id\`'%41`)
    expect(screen.lines()).toContain('  detail: bad password: ***')
    expect(screen.output()).not.toContain('HOME')
  })

  test('pasted twice at once is not shown either', async () => {
    const terminal = await atPassword('--no-wait')
    terminal.type(PASSWORD + ENTER + PASSWORD + ENTER)
    await terminal.shows(AGAIN)
    terminal.type(PASSWORD + ENTER)
    await until(
      () => created().length > 0 || count(terminal, 'the two differ') > 0,
      () => `an end of the questions in:\n${terminal.screen()}`,
    )
    expect(terminal.screen()).not.toContain(PASSWORD)
    terminal.hangUp()
    await terminal.ended
  })

  test.each([
    ['Ctrl-C', CTRL_C],
    ['Ctrl-D', CTRL_D],
    ['Ctrl-C in the middle', PASSWORD + CTRL_C],
  ])('%s at the first question is a no: exit 4, nothing is created', async (_, keys) => {
    const terminal = await atPassword()
    terminal.type(keys)
    expect(await terminal.ended).toBe(4)
    expectRefused(terminal)
    expect(terminal.screen()).not.toContain(PASSWORD)
  })

  test.each([
    ['Ctrl-C', CTRL_C],
    ['Ctrl-D', CTRL_D],
  ])('%s at the second question is a no: exit 4, nothing is created', async (_, keys) => {
    const terminal = await atPassword()
    terminal.type(PASSWORD + ENTER)
    await terminal.shows(AGAIN)
    terminal.type(keys)
    expect(await terminal.ended).toBe(4)
    expectRefused(terminal)
  })

  test('and a terminal that is closed: nothing is created', async () => {
    const terminal = await atPassword()
    terminal.hangUp()
    expect(await terminal.signal).toBe(1)
    expect(created()).toEqual([])
  })
})

const SECONDS = '\\d+ s'

/** Creates with the password from its variable, in a terminal of a width and a kind. */
function openPty(fake: FakeAws, cols: number, TERM = 'xterm-256color') {
  const env = {...fake.env, RDS_MASTER_PASSWORD: PASSWORD}
  const {file, args, options} = programCommand(['rds-create', '--confirm', NAME], {cwd, env})
  const pty = spawn(file, args, {cols, rows: 30, cwd, env: {...options.env, TERM}})
  let output = ''
  pty.onData((data) => {
    output += data
  })
  const ended = new Promise<number>((resolve) => pty.onExit(({exitCode}) => resolve(exitCode)))
  return {output: () => output, ended}
}

describe.concurrent('the line that shows the status', () => {
  const openWaiting = (fake: FakeAws): Screen => {
    fake.statuses = ['creating']
    const env = {...fake.env, RDS_MASTER_PASSWORD: PASSWORD}
    return openScreen(['rds-create', '--confirm', NAME], {cwd, env})
  }
  const matching = (patterns: readonly string[]) =>
    patterns.map((pattern) => expect.stringMatching(new RegExp(`^${pattern}$`)))
  const ends = (screen: Screen): string[] =>
    screen.lines().slice((AWS_LINE + PLAN).split('\n').length - 1)

  test(
    'counts in its place, and gives way to one with ✔ for each status that is over',
    onStage(async ({fake, setStatus}) => {
      const screen = openWaiting(fake)
      await screen.shows(/^… creating 1 s$/)
      expect(ends(screen)).toEqual(matching([`… creating ${SECONDS}`]))
      setStatus('backing-up')
      await screen.shows(/^… backing-up \d+ s$/)
      expect(ends(screen)).toEqual(matching([`✔ creating ${SECONDS}`, `… backing-up ${SECONDS}`]))
      setStatus('available')
      expect(await screen.ended).toBe(0)
      expect(ends(screen).slice(0, 4)).toEqual(
        matching([
          `✔ creating ${SECONDS}`,
          `✔ backing-up ${SECONDS}`,
          `✔ available 0 s`,
          `the instance "${NAME}" is available`,
        ]),
      )
    }),
  )

  test(
    'says what is in the way of looking, as long as it is',
    onStage(async ({fake, setStatus}) => {
      const screen = openWaiting(fake)
      await screen.shows(/^… creating/)
      fake.fail('DescribeDBInstances', {code: 'InternalFailure'})
      await screen.shows(/^… creating \d+ s {2}AWS failed at rds:DescribeDBInstances$/)
      fake.fail('DescribeDBInstances', {times: 0})
      await screen.shows(/^… creating \d+ s$/)
      setStatus('available')
      expect(await screen.ended).toBe(0)
      expect(ends(screen).slice(0, 2)).toEqual(
        matching([`✔ creating ${SECONDS}`, `✔ available ${SECONDS}`]),
      )
    }),
  )

  test(
    'ends in ✖ where it leads nowhere',
    onStage(async ({fake, setStatus}) => {
      const screen = openWaiting(fake)
      await screen.shows(/^… creating/)
      setStatus('incompatible-network')
      expect(await screen.ended).toBe(1)
      expect(ends(screen).slice(0, 3)).toEqual(
        matching([
          `✔ creating ${SECONDS}`,
          '✖ incompatible-network 0 s',
          `Error: the instance "${NAME}" is incompatible-network and will not become available by i`,
        ]),
      )
    }),
  )

  test(
    'ends in ✖ at Ctrl-C: exit 130, the instance is left to AWS, and how to look again',
    onStage(async ({fake}) => {
      const screen = openWaiting(fake)
      await screen.shows(/^… creating/)
      screen.type(CTRL_C)
      expect(await screen.ended).toBe(130)
      const [status, ...rest] = ends(screen)
      // The terminal itself may show "^C" where the line was.
      expect(status).toMatch(/✖ creating \d+ s$/)
      expect(rest).toEqual([
        `Error: interrupted; the instance "${NAME}" goes on being created without us`,
        '  → run the same command again: it finds the instance and waits on',
        '',
      ])
      expect(fake.instances.has(NAME)).toBe(true)
    }),
  )

  test(
    'does not wrap in 60 columns, whatever it says',
    onStage(async ({fake}) => {
      fake.fail('DescribeDBInstances', {code: 'DBInstanceNotFound', times: 1})
      fake.fail('DescribeDBInstances', {code: 'Throttling', times: 3})
      const pty = openPty(fake, 60)
      expect(await pty.ended).toBe(0)
      const [wrapOff, wrapOn] = ['\x1b[?7l', '\x1b[J\r\x1b[?7h']
      const frames = pty.output().split(wrapOff).slice(1)
      expect(frames.length).toBeGreaterThan(3)
      for (const frame of frames) {
        const line = stripVTControlCharacters(frame.slice(0, frame.indexOf(wrapOn)))
        expect(frame).toContain(wrapOn)
        expect(line).toMatch(/^… /)
        expect(line).not.toContain('\n')
      }
      expect(frames.join('')).toContain(
        'AWS takes no more requests from this account at the moment',
      )
    }),
  )

  test(
    'is a plain line for each status on a dumb terminal',
    onStage(async ({fake}) => {
      const pty = openPty(fake, 80, 'dumb')
      expect(await pty.ended).toBe(0)
      expect(pty.output().replaceAll('\r\n', '\n')).toContain(
        `${AWS_LINE}${PLAN}creating\nbacking-up\navailable\nthe instance "${NAME}" is available\n`,
      )
    }),
  )
})
