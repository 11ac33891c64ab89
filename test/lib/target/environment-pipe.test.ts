import {execFileSync, spawn} from 'node:child_process'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {loadEnvironment} from '../../../src/lib/target/environment.js'

let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'cruddur-db-env-'))
  execFileSync('mkfifo', [join(cwd, '.env')])
})
afterEach(() => rmSync(cwd, {recursive: true}))

test('a .env that is a pipe is read from whoever writes into it', () => {
  spawn('sh', ['-c', 'echo A=1 > .env'], {cwd, stdio: 'ignore'})
  expect(loadEnvironment({cwd, processEnv: {}})).toMatchObject({A: '1'})
})

test('a .env that is a pipe nobody writes into is not waited for for ever', () => {
  expect(() => loadEnvironment({cwd, processEnv: {}})).toThrow('is a pipe that nobody writes to')
})
