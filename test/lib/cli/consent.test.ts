import {stripVTControlCharacters} from 'node:util'
import {spawn} from '@lydell/node-pty'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {askNamed, type Consent, checkConsent, checkNamed} from '../../../src/lib/cli/consent.js'
import {CruddurError} from '../../../src/lib/error.js'
import {programCommand} from '../../support/program.js'
import {targetOf} from '../../support/target.js'
import {until} from '../../support/wait.js'

const consent = (changes: Partial<Consent> = {}): Consent => ({
  act: 'create the DB instance "mine", which costs money',
  confirm: undefined,
  name: 'mine',
  nameOf: "the instance's identifier",
  noun: 'instance',
  subject: 'the instance',
  ...changes,
})

function setTerminal(isTTY: boolean): void {
  for (const stream of [process.stdin, process.stderr])
    Object.defineProperty(stream, 'isTTY', {configurable: true, value: isTTY})
}
beforeEach(() => setTerminal(false))
afterEach(() => setTerminal(false))

function refusal(fn: () => unknown): CruddurError {
  try {
    fn()
  } catch (error) {
    if (error instanceof CruddurError) return error
    throw error
  }
  throw new Error('it was allowed')
}

describe('consent by --confirm', () => {
  test.each([true, false])('is the name, and nobody is asked; on a terminal: %s', (isTTY) => {
    setTerminal(isTTY)
    expect(checkNamed(consent({confirm: 'mine'}))).toBe(false)
  })

  test.each(['yes', '', 'Mine', ' mine', 'mine ', 'mine\n'])(
    'is not %j, on a terminal neither',
    (confirm) => {
      setTerminal(true)
      expect(refusal(() => checkNamed(consent({confirm})))).toMatchObject({
        code: 'NOT_CONFIRMED',
        exit: 4,
        message: `--confirm names "${confirm}", but the instance is "mine"`,
        details: {hint: 'nothing was touched; check which instance you mean'},
      })
    },
  )
})

describe('consent of a person', () => {
  test('is asked for where there is one', () => {
    setTerminal(true)
    expect(checkNamed(consent())).toBe(true)
  })

  test('cannot be had where stdin is what is run', () => {
    setTerminal(true)
    expect(refusal(() => checkNamed(consent({stdinTaken: true}))).exit).toBe(4)
  })

  test('cannot be had without a terminal: at once, with the flag to be copied', async () => {
    const expected = {
      code: 'NOT_CONFIRMED',
      exit: 4,
      message:
        'this would create the DB instance "mine", which costs money, and nobody confirmed it',
      details: {hint: 'if you mean it, add: --confirm mine'},
    }
    expect(refusal(() => checkNamed(consent()))).toMatchObject(expected)
    const {signal} = new AbortController()
    await expect(askNamed(consent(), signal)).rejects.toMatchObject(expected)
  })

  test.each([
    ["it's", `'it'\\''s'`],
    ['$(rm x)', `'$(rm x)'`],
  ])('quotes the flag for a shell: %s', (name, word) => {
    const {details} = refusal(() => checkNamed(consent({name})))
    expect(details.hint).toBe(`if you mean it, add: --confirm ${word}`)
  })
})

describe('consent for a target', () => {
  const target = targetOf('mine')

  test('is not asked for outside production', () => {
    setTerminal(true)
    expect(checkConsent(target, {act: 'drop it', confirm: undefined})).toBe(false)
  })

  test('by a wrong name is refused outside production too', () => {
    const request = {act: 'drop it', confirm: 'other'}
    expect(refusal(() => checkConsent(target, request))).toMatchObject({
      exit: 4,
      message: `--confirm names "other", but the target's database is "mine"`,
      details: {hint: 'nothing was touched; check which database you mean'},
    })
  })

  test('is asked for in production', () => {
    const request = {act: 'drop it', confirm: undefined}
    const production = {...target, production: true}
    expect(refusal(() => checkConsent(production, request)).message).toBe(
      'this would drop it in production, and nobody confirmed it',
    )
    setTerminal(true)
    expect(checkConsent(production, request)).toBe(true)
    expect(checkConsent(production, {...request, confirm: 'mine'})).toBe(false)
  })
})

/** A program that asks for consent and says what came of it. */
const script = (name: string): string => `
import {askNamed} from './src/lib/cli/consent.ts'
const consent = {act: 'x', name: ${JSON.stringify(name)}, nameOf: 'the name', subject: 'it', noun: 'instance'}
try {
  await askNamed(consent, new AbortController().signal)
  console.log('END given')
} catch (error) {
  console.log('END ' + error.code + ' ' + error.exit)
}
process.exit()
`

async function answer(name: string, keys: string) {
  const {file, options} = programCommand([], {})
  const args = ['--import', 'tsx', '--input-type=module', '-e', script(name)]
  const env = {...options.env, TERM: 'xterm-256color'}
  const pty = spawn(file, args, {cols: 100, rows: 30, cwd: options.cwd, env})
  let output = ''
  pty.onData((data) => {
    output += data
  })
  const ended = new Promise<void>((resolve) => pty.onExit(() => resolve()))
  await until(
    () => output.includes('to go on:'),
    () => `the question in:\n${output}`,
  )
  pty.write(keys)
  await ended
  const shown = stripVTControlCharacters(output)
  return {shown, end: /END (.*)\r/.exec(shown)?.[1]}
}

describe.concurrent('the name', () => {
  test('typed is consent', async () => {
    const {end, shown} = await answer('mine', 'mine\r')
    expect(end).toBe('given')
    expect(shown).toContain('Type the name (mine) to go on:')
  })

  test.each(['Mine\r', '\r', 'y\r', 'mine \r', '\u0003', '\u0004'])(
    'is not given by %j',
    async (keys) => {
      expect((await answer('mine', keys)).end).toBe('NOT_CONFIRMED 4')
    },
  )

  test('cannot steer the terminal', async () => {
    const {shown} = await answer('a\x1b[2Jb', '\r')
    expect(shown).toContain('Type the name (a\\x1b[2Jb) to go on:')
  })
})
