import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {ERROR_CODES} from '../../src/lib/error-codes.js'
import {packageRoot} from '../support/program.js'
import {errorsPage} from './markdown.js'
import {readSayings, sayingsOf} from './sayings.js'

const WORDS = new Map(Object.values(ERROR_CODES).flatMap((codes) => Object.entries(codes)))
const CODES = new Set(WORDS.keys())
const SAYINGS = readSayings(packageRoot, CODES)

test('docs/ERRORS.md says what the code says', async () => {
  await expect(errorsPage(SAYINGS)).toMatchFileSnapshot(`${packageRoot}docs/ERRORS.md`)
})

test('every code is raised somewhere', () => {
  const source = texts('src')
    .filter(({path}) => !path.endsWith('error-codes.ts'))
    .map(({text}) => text)
    .join('\n')
  expect([...CODES].filter((code) => !source.includes(`'${code}'`))).toEqual([])
})

test('every code is in a test', () => {
  const tests = texts('test')
    .filter(({path}) => !path.startsWith('errors'))
    .map(({text}) => text)
    .join('\n')
  expect([...CODES].filter((code) => !new RegExp(`\\b${code}\\b`).test(tests))).toEqual([])
})

test('no error ends with an exit code that is not told of', () => {
  const others = SAYINGS.filter(({code, exit = 1}) => !exits(code).includes(exit) && exit !== 1)
  expect(others).toEqual([])
})

test('no saying names a code that nobody knows', () => {
  expect(SAYINGS.length).toBeGreaterThan(CODES.size / 2)
})

describe('what the code says', () => {
  const codes = new Set(['A_CODE', 'B_CODE'])

  test('is read from calls and objects, with … for what is not known', () => {
    const source = `
      const WHY = 'no reason'
      throw new CruddurError('A_CODE', \`the file \${name} is gone: \${WHY}\`, {exit: 2, hint: ok ? 'look' : 'wait'})
      const told = {code: full ? 'A_CODE' : 'B_CODE', message: words, hint: 'ask ' + whom}
      if (error.code === 'A_CODE') throw error`
    expect(sayingsOf(source, codes)).toEqual([
      {code: 'A_CODE', message: 'the file … is gone: no reason', hint: 'look / wait', exit: 2},
      {code: 'A_CODE', message: '…', hint: 'ask …', exit: undefined},
      {code: 'B_CODE', message: '…', hint: 'ask …', exit: undefined},
    ])
  })
})

function exits(code: string): readonly number[] {
  return WORDS.get(code)?.exit ?? []
}

function texts(folder: string): {path: string; text: string}[] {
  const root = join(packageRoot, folder)
  const paths = readdirSync(root, {recursive: true, encoding: 'utf8'})
  return paths
    .filter((path) => path.endsWith('.ts'))
    .map((path) => ({path, text: readFileSync(join(root, path), 'utf8')}))
}
