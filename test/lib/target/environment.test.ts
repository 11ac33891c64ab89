import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {loadEnvironment} from '../../../src/lib/target/environment.js'
import {embeddedTarget, resolveTarget} from '../../../src/lib/target/target.js'
import {contextOf, errorOf, problemsOf} from './fixtures.js'

let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'cruddur-db-env-'))
})
afterEach(() => rmSync(cwd, {recursive: true, force: true}))

function load(
  text: string,
  processEnv: NodeJS.ProcessEnv = {},
): Record<string, string | undefined> {
  writeFileSync(join(cwd, '.env'), text)
  return loadEnvironment({cwd, processEnv})
}

describe('.env', () => {
  test('stands behind the real environment, also where that is empty', () => {
    const env = load('A=file\nB=file\nC=file\n', {A: 'real', B: ''})
    expect(env).toEqual({A: 'real', B: '', C: 'file'})
  })

  test('is not needed', () => {
    expect(loadEnvironment({cwd, processEnv: {A: 'real'}})).toEqual({A: 'real'})
  })

  test('may be a folder, as Python projects have it', () => {
    mkdirSync(join(cwd, '.env'))
    expect(loadEnvironment({cwd, processEnv: {A: 'real'}})).toEqual({A: 'real'})
  })

  test('is read with a byte order mark, Windows line ends, quotes and export', () => {
    const env = load('\ufeffA=1\r\nexport B="two words"\r\nC=\'3\'\r\n')
    expect(env).toEqual({A: '1', B: 'two words', C: '3'})
  })

  test('in UTF-16, as PowerShell writes it, is refused by name', () => {
    writeFileSync(join(cwd, '.env'), Buffer.from('\ufeffA=ä', 'utf16le'))
    const error = errorOf(() => loadEnvironment({cwd, processEnv: {}}))
    expect(error).toMatchObject({code: 'CONFIGURATION', exit: 2})
    expect(error.message).toBe('the environment file .env is not UTF-8 text')
  })
})

describe('--env-file', () => {
  test('is read instead of .env', () => {
    writeFileSync(join(cwd, '.env'), 'A=default\nB=default\n')
    writeFileSync(join(cwd, 'other'), 'A=other\n')
    expect(loadEnvironment({cwd, envFile: 'other', processEnv: {}})).toEqual({A: 'other'})
  })

  test.each([
    ['missing.env', 'the environment file missing.env does not exist'],
    ['folder', 'the environment file folder is a folder'],
  ])('%s is refused', (envFile, message) => {
    mkdirSync(join(cwd, 'folder'))
    const error = errorOf(() => loadEnvironment({cwd, envFile, processEnv: {}}))
    expect(error).toMatchObject({code: 'CONFIGURATION', exit: 2, message})
    expect(error.details.hint).toContain('--env-file')
  })
})

describe('a "#" at which dotenv ends an unquoted URL', () => {
  const cut =
    'CONNECTION_URL: a "#" in .env:2 ends the value there: write %23, or a blank before a comment'

  function problems(text: string, processEnv: NodeJS.ProcessEnv = {}): unknown {
    const env = load(text, processEnv)
    return problemsOf(() => resolveTarget({prod: false, command: 'drop'}, contextOf(env)))
  }

  test('is named with file and line, not with the value', () => {
    expect(problems('# ours\nCONNECTION_URL=postgres://u:pass#word@h/d\n')).toEqual([cut])
  })

  test('is found where the rest would be a URL by itself', () => {
    expect(problems('\nexport CONNECTION_URL = postgres://h/d?password=pass#word\n')).toEqual([cut])
  })

  test('is named in the last of several assignments, the one that counts', () => {
    const text = 'CONNECTION_URL=postgres://h/d\nCONNECTION_URL=postgres://u:pass#word@h/d\n'
    expect(problems(text)).toEqual([cut])
  })

  test('is found in PROD_CONNECTION_URL, whatever the target', () => {
    const text = 'CONNECTION_URL=postgres://h/d\nPROD_CONNECTION_URL=postgres://h/d#1\n'
    expect(problems(text)).toEqual([cut.replace('CONNECTION_URL', 'PROD_CONNECTION_URL')])
  })

  test('keeps the embedded server from nothing, with a warning', () => {
    const env = load('\nPROD_CONNECTION_URL=postgres://h/d#1\n')
    const target = embeddedTarget({port: 5432}, {command: 'drop'}, contextOf(env))
    expect(target.warnings).toEqual([cut.replace('CONNECTION_URL', 'PROD_CONNECTION_URL')])
  })

  test('does not matter where the real environment has the variable', () => {
    const env = load('CONNECTION_URL=postgres://h/d#1\n', {CONNECTION_URL: 'postgres://h/real'})
    const target = resolveTarget({prod: false, command: 'drop'}, contextOf(env))
    expect(target?.database).toBe('real')
  })

  test.each([
    [
      'quoted: the URL reading names it',
      "CONNECTION_URL='postgres://u:p#w@h/d'",
      'the password holds "#": write %23',
    ],
    [
      'double-quoted',
      'CONNECTION_URL="postgres://u:p#w@h/d" # ours',
      'the password holds "#": write %23',
    ],
  ])('%s', (_, text, problem) => {
    expect(problems(text)).toEqual([`CONNECTION_URL: ${problem}`])
  })

  test.each([
    ['a comment behind a blank', 'CONNECTION_URL=postgres://h/d # ours'],
    ['a comment behind quotes', 'CONNECTION_URL="postgres://h/d"# ours'],
    [
      'an assignment that a later one replaces',
      'CONNECTION_URL=postgres://h/x#y\nCONNECTION_URL=postgres://h/d',
    ],
    ['another variable', 'OTHER=a#b\nCONNECTION_URL=postgres://h/d'],
  ])('is no problem as %s', (_, text) => {
    const target = resolveTarget({prod: false, command: 'drop'}, contextOf(load(text)))
    expect(target?.database).toBe('d')
  })
})
