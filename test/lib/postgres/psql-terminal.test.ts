import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {psqlTerminal, takesTyping} from '../../../src/lib/postgres/psql-terminal.js'
import {targetOf} from '../../support/target.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-terminal-'))
})
afterEach(() => rmSync(folder, {recursive: true, force: true}))

test.each<[string[], boolean]>([
  [[], true],
  [['-X', '-q'], true],
  [['-P', 'footer=off'], true],
  [['-Pfooter=off'], true],
  [['-v', 'c=1'], true],
  [['-c', 'SELECT 1'], false],
  [['-Atc', 'SELECT 1'], false],
  [['-f', 'a.sql'], false],
  [['-Xqfa.sql'], false],
  [['--command=SELECT 1'], false],
  [['--file', 'a.sql'], false],
  [['-l'], false],
  [['--list'], false],
  [['-V'], false],
  [['--help'], false],
])('psql %j takes what a person types: %s', (args, typed) => {
  expect(takesTyping(args)).toBe(typed)
})

const terminal = (production: boolean, extra: Partial<Parameters<typeof psqlTerminal>[1]> = {}) =>
  psqlTerminal(targetOf('d', {production}), {
    ...{color: true, args: [], env: {HOME: folder}, folder, history: undefined},
    ...extra,
  })

const prompts = (prompt: string): string[] => ['-v', `PROMPT1=${prompt}`, '-v', `PROMPT2=${prompt}`]
const NAME = '%[%033[1;31m%]PRODUCTION%[%033[0m%] '

describe('psql is told', () => {
  test('the prompt as arguments, which ~/.psqlrc overrules', () => {
    expect(terminal(false)).toEqual({args: prompts('url %/%R%x> '), env: {}})
    expect(terminal(true, {args: ['-Xq']})).toEqual({args: prompts(`${NAME}%/%R%x> `), env: {}})
    const plain = terminal(true, {args: ['--no-psqlrc'], color: false})
    expect(plain).toEqual({args: prompts('PRODUCTION %/%R%x> '), env: {}})
  })

  test('in production to put the name before the prompt that the user’s file sets', () => {
    const own = join(folder, "it's \\ mine")
    writeFileSync(own, '')
    const {args, env} = terminal(true, {env: {PSQLRC: own}})
    expect(args).toEqual(prompts('%/%R%x> '))
    const start = readFileSync(env['PSQLRC'] ?? '', 'utf8').split('\n')
    expect(start[0]).toBe(`\\i '${join(folder, "it\\'s \\\\ mine")}'`)
    expect(start[1]).toBe(`\\set PROMPT1 '${NAME}' :PROMPT1`)
  })

  test('in production to put it before what the system’s file sets, where the user has none', () => {
    const {env} = terminal(true, {env: {HOME: join(folder, 'none')}})
    expect(readFileSync(env['PSQLRC'] ?? '', 'utf8').split('\n')).toEqual([
      `\\set PROMPT1 '${NAME}' :PROMPT1`,
      `\\set PROMPT2 '${NAME}' :PROMPT2`,
      '',
    ])
  })

  test('the same of each file that is for a version of psql, one for one', () => {
    for (const suffix of ['', '-15', '-15.18 (Debian)', 'x'])
      writeFileSync(join(folder, `.psqlrc${suffix}`), '')
    const {env} = terminal(true)
    const start = env['PSQLRC'] ?? ''
    const included = readdirSync(folder)
      .filter((name) => name.startsWith('psqlrc'))
      .map((name) => [name, readFileSync(join(folder, name), 'utf8').split('\n')[0]])
    expect(start).toBe(join(folder, 'psqlrc'))
    expect(included).toEqual(
      ['', '-15', '-15.18 (Debian)'].map((suffix) => [
        `psqlrc${suffix}`,
        `\\i '${join(folder, '.psqlrc')}${suffix}'`,
      ]),
    )
  })

  test('of a file named from ~ too; below another user’s home it stays as it is', () => {
    writeFileSync(join(folder, 'mine'), '')
    const {env} = terminal(true, {env: {HOME: folder, PSQLRC: '~/mine'}})
    expect(readFileSync(env['PSQLRC'] ?? '', 'utf8')).toContain(`\\i '${join(folder, 'mine')}'`)
    expect(terminal(true, {env: {HOME: folder, PSQLRC: '~other/mine'}})).toEqual({
      args: prompts(`${NAME}%/%R%x> `),
      env: {},
    })
  })

  test('where to keep what is typed, unless the user has said so', () => {
    const history = '/state/d.psql'
    expect(terminal(false, {history}).env).toEqual({PSQL_HISTORY: history})
    expect(terminal(false, {history, env: {PSQL_HISTORY: '/mine'}}).env).toEqual({})
  })
})

test('a folder in the place of the user’s file is no harm', () => {
  mkdirSync(join(folder, '.psqlrc'))
  expect(terminal(true).args).toHaveLength(4)
})
