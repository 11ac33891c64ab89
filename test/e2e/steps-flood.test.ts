import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {openScreen} from '../support/screen.js'
import {openStage, type Stage} from '../support/stage.js'

const COUNT = 100_000
const LINE = 'of a flood, as long as a remark of the server may well be'
const FLOOD = `DO $$BEGIN FOR i IN 1..${COUNT} LOOP RAISE NOTICE '% ${LINE}', i; END LOOP; END$$;\n`
const ALL = Array.from({length: COUNT}, (_, n) => `NOTICE: ${n + 1} ${LINE}\n`).join('')

let folder: string
let stage: Stage

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-flood-'))
  writeFileSync(join(folder, 'flood.sql'), FLOOD)
  writeFileSync(join(folder, 'bad.sql'), `${FLOOD}SELECT 1 / 0;\n`)
})
afterAll(() => rmSync(folder, {recursive: true, force: true}))

beforeEach(async () => {
  stage = await openStage(folder)
})
afterEach(() => stage.close())

/** The most memory that a process has had, in MB; where the system does not tell, 0. */
function peakOf(pid: number | undefined): number {
  if (process.platform !== 'linux') return 0
  const [, kb] = /VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kb) / 1024
}

describe('a file with 100,000 notices', () => {
  test('is read to its end by a pipe, however slowly it begins, in little memory', async () => {
    const {child, result} = stage.start('schema-load', '--schema-file', 'flood.sql')
    child.stdin?.end()
    child.stderr?.pause()
    await stage.session("wait_event = 'ClientWrite'")
    const peak = peakOf(child.pid)
    child.stderr?.resume()
    const {code, stderr} = await result
    expect(code).toBe(0)
    expect(stderr === stage.targetLine + ALL).toBe(true)
    expect(peak).toBeLessThan(150)
  })

  test('and an error at its end has the error told', async () => {
    const {code, stderr} = await stage.run(['schema-load', '--schema-file', 'bad.sql'])
    expect(code).toBe(1)
    expect(stderr.endsWith('  SQLSTATE 22012\n')).toBe(true)
    expect(stderr.startsWith(stage.targetLine + ALL)).toBe(true)
  })

  test('is done though nobody reads a word of it', async () => {
    const {child} = stage.start('schema-load', '--schema-file', 'flood.sql')
    child.stdin?.end()
    child.stderr?.pause()
    const code = await new Promise((resolve) => child.once('exit', resolve))
    expect(code).toBe(0)
    expect(stage.output()).toMatch(/^ran flood\.sql: 1 statement in \d+ ms$/m)
  }, 30_000)

  test('on a terminal is shown to its end, with the list below it', async () => {
    const args = ['--schema-file', 'flood.sql', '--no-seed']
    const screen = openScreen(['setup', ...args], {cwd: folder, env: {CONNECTION_URL: stage.url}})
    expect(await screen.ended).toBe(0)
    expect(screen.lines().slice(-6)).toEqual([
      `NOTICE: ${COUNT} ${LINE}`,
      expect.stringMatching(/^✔ schema \d+ ms$/),
      expect.stringMatching(/^✔ swap \d+ ms$/),
      expect.stringMatching(/^✔ drop-previous \d+ ms$/),
      `the database "${stage.database}" is ready`,
      '',
    ])
    // The list is drawn anew now and then, not for each line.
    expect(screen.output().split('\x1b[?7l').length).toBeLessThan(1000)
  })
})
