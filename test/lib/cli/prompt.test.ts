import {stripVTControlCharacters} from 'node:util'
import {spawn} from '@lydell/node-pty'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {askYes, canPrompt} from '../../../src/lib/cli/prompt.js'
import {programCommand} from '../../support/program.js'
import {until} from '../../support/wait.js'

const ENTER = '\r'

/** A program that asks; at the end it says what came of it. */
const script = (asking: string): string => `
import {ask, askNewPassword, askYes} from './src/lib/cli/prompt.ts'
import {CruddurError} from './src/lib/error.ts'
const controller = new AbortController()
const {signal} = controller
const problem = (password) => (password.length < 8 ? 'is short' : undefined)
const end = (result) => console.log('END ' + JSON.stringify(result))
try {
  end(await (async () => { ${asking} })())
} catch (error) {
  end({code: error.code, exit: error.exit, message: error.message, hint: error.details?.hint})
}
process.exit()
`

function open(asking: string) {
  const {file, options} = programCommand([], {})
  const args = ['--import', 'tsx', '--input-type=module', '-e', script(asking)]
  const env = {...options.env, TERM: 'xterm-256color'}
  const pty = spawn(file, args, {cols: 100, rows: 30, cwd: options.cwd, env})
  let output = ''
  pty.onData((data) => {
    output += data
  })
  const shown = (): string => stripVTControlCharacters(output)
  const ended = new Promise<void>((resolve) => pty.onExit(() => resolve()))
  return {
    shown,
    type: (keys: string) => pty.write(keys),
    /** Waits until `text` is there for the nth time. */
    shows: (text: string, times = 1) =>
      until(
        () => shown().split(text).length > times,
        () => `${times} × "${text}" in:\n${shown()}`,
      ),
    result: async (): Promise<unknown> => {
      await ended
      return JSON.parse(/END (.*)/.exec(shown())?.[1] ?? '"no end"')
    },
  }
}

const NO = {
  code: 'NOT_CONFIRMED',
  exit: 4,
  message: 'not confirmed',
  hint: 'nothing was touched; run it again if you mean it',
}

describe.concurrent('a question', () => {
  test('gives what is typed, blanks and all', async () => {
    const terminal = open("return ask({type: 'input', message: 'Name?'}, signal)")
    await terminal.shows('Name?')
    terminal.type(` it's "x" ${ENTER}`)
    expect(await terminal.result()).toBe(` it's "x" `)
  })

  test.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('%s is a no', async (_, keys) => {
    const terminal = open("return ask({type: 'input', message: 'Name?'}, signal)")
    await terminal.shows('Name?')
    terminal.type(keys)
    expect(await terminal.result()).toEqual(NO)
  })

  test('that is interrupted ends with the reason of the signal', async () => {
    const terminal = open(`
      const reason = new CruddurError('INTERRUPTED', 'interrupted', {exit: 143})
      setTimeout(() => controller.abort(reason), 300)
      return ask({type: 'input', message: 'Name?'}, signal)`)
    expect(await terminal.result()).toEqual({
      code: 'INTERRUPTED',
      exit: 143,
      message: 'interrupted',
    })
  })

  test('for a yes takes nothing else for one', async () => {
    const answers = ['y', 'YES', 'n', '', 'yep', 'yes!', 'ja']
    const terminal = open(`
      const got = []
      for (const n of [${answers.map((_, index) => index).join()}])
        got.push(await askYes('Sure ' + n + '?', signal))
      return got`)
    for (const [index, answer] of answers.entries()) {
      await terminal.shows(`Sure ${index}? (y/N)`)
      terminal.type(answer + ENTER)
    }
    expect(await terminal.result()).toEqual([true, true, false, false, false, false, false])
  })
})

describe.concurrent('a new password', () => {
  const asking = "return (await askNewPassword('Password', problem, signal)).reveal()"
  const AGAIN = 'the same once more:'

  test('is typed twice', async () => {
    const password = `'$x\\ "%41é`
    const terminal = open(asking)
    for (const question of ['Password:', AGAIN]) {
      await terminal.shows(question)
      terminal.type(password + ENTER)
    }
    expect(await terminal.result()).toBe(password)
  })

  test('is hidden from whoever prints it', async () => {
    const terminal = open("return String(await askNewPassword('Password', problem, signal))")
    for (const question of ['Password:', AGAIN]) {
      await terminal.shows(question)
      terminal.type(`long-enough${ENTER}`)
    }
    expect(await terminal.result()).toBe('***')
    expect(terminal.shown()).not.toContain('long-enough')
  })

  test('is asked for from the beginning while the two differ', async () => {
    const terminal = open(asking)
    await terminal.shows('Password:')
    terminal.type(`long-enough${ENTER}`)
    await terminal.shows(AGAIN)
    terminal.type(`long-Enough${ENTER}`)
    await terminal.shows('the two differ; once more from the beginning\r\n? Password:')
    terminal.type(`the-other-one${ENTER}`)
    await until(
      () => terminal.shown().lastIndexOf(AGAIN) > terminal.shown().indexOf('the two differ'),
      () => `the question again in:\n${terminal.shown()}`,
    )
    terminal.type(`the-other-one${ENTER}`)
    expect(await terminal.result()).toBe('the-other-one')
  })

  test('that has a problem is forgotten, and asked for anew', async () => {
    const terminal = open(asking)
    await terminal.shows('Password:')
    terminal.type(`short${ENTER}`)
    await terminal.shows('it is short')
    terminal.type(`long-enough${ENTER}`)
    await terminal.shows(AGAIN)
    terminal.type(`long-enough${ENTER}`)
    expect(await terminal.result()).toBe('long-enough')
  })

  test.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('%s at the second question is a no to all of it', async (_, keys) => {
    const terminal = open(asking)
    await terminal.shows('Password:')
    terminal.type(`long-enough${ENTER}`)
    await terminal.shows(AGAIN)
    terminal.type(keys)
    expect(await terminal.result()).toEqual(NO)
  })
})

describe('whether somebody can be asked', () => {
  const setTerminals = (stdin: boolean, stderr: boolean): void => {
    Object.defineProperty(process.stdin, 'isTTY', {configurable: true, value: stdin})
    Object.defineProperty(process.stderr, 'isTTY', {configurable: true, value: stderr})
  }
  beforeEach(() => setTerminals(false, false))
  afterEach(() => setTerminals(false, false))

  test.each([
    [true, true, true],
    [true, false, false],
    [false, true, false],
    [false, false, false],
  ])('stdin a terminal: %s, stderr: %s', (stdin, stderr, can) => {
    setTerminals(stdin, stderr)
    expect(canPrompt()).toBe(can)
  })

  test('a yes is not given by nobody, and not waited for', async () => {
    expect(await askYes('Sure?', new AbortController().signal)).toBe(false)
  })
})
