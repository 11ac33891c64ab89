import {Chalk} from 'chalk'
import {describe, expect, test} from 'vitest'
import {type Layout, resultLines, summaryLines} from '../../../src/lib/doctor/report.js'
import type {Result} from '../../../src/lib/doctor/run.js'
import {reportStream} from '../../../src/lib/doctor/stream.js'

const layout = (columns?: number): Layout => ({
  columns,
  names: 6,
  style: new Chalk({level: 0}),
})
const result = (more: Partial<Result> = {}): Result => ({
  name: 'port',
  layer: 'network',
  status: 'fail',
  message: 'nothing listens at localhost:5432 and that is bad',
  fix: 'start the server',
  ...more,
})

describe('a finding', () => {
  test('stands in one line, with its cure below, where lines are not wrapped', () => {
    expect(resultLines(result(), layout())).toEqual([
      '  ✖ fail  port    nothing listens at localhost:5432 and that is bad',
      '                  → start the server',
    ])
  })

  test('is wrapped under itself where the terminal is narrow', () => {
    expect(resultLines(result(), layout(40))).toEqual([
      '  ✖ fail  port: nothing listens at',
      '          localhost:5432 and that is bad',
      '          → start the server',
    ])
  })

  test('says what was cured', () => {
    const cured = result({status: 'ok', message: 'runs', cured: 'did not run'})
    expect(resultLines({...cured, fix: 'x'}, layout()).slice(0, 2)).toEqual([
      '  ✔ ok    port    runs',
      '                  cured: did not run',
    ])
  })

  test('of several lines keeps them apart, and none passes for a cure of ours', () => {
    expect(resultLines(result({message: 'one\ntwo'}), layout()).slice(0, 2)).toEqual([
      '  ✖ fail  port    one',
      '                  two',
    ])
    const server = result({message: 'no\n→ cruddur-db drop --force'})
    expect(resultLines(server, layout(40)).slice(0, 2)).toEqual([
      '  ✖ fail  port: no',
      '          | → cruddur-db drop --force',
    ])
  })

  test.each([
    ['setup --keep-previous --env-file dev.env'],
    ['rds-update-sg-rule --group-id sg-0123456789abcdef0 --rule-id sgr-0123456789abcdef0'],
  ])('has its command in one piece, however narrow the terminal: cruddur-db %s', (words) => {
    const command = `cruddur-db ${words}`
    expect(resultLines(result({fix: command}), layout(40)).slice(2)).toEqual([
      `          → ${command}`,
    ])
    expect(
      resultLines(result({fix: `narrow it to one address: ${command}`}), layout(40)).slice(2),
    ).toEqual(['          → narrow it to one address:', `            ${command}`])
    expect(summaryLines([result({fix: command})], layout(40))).toEqual([
      '1 problem: begin with:',
      command,
    ])
  })

  test('cannot steer the terminal', () => {
    expect(resultLines(result({message: 'a\x1b[2Jb'}), layout())[0]).toContain('a\\x1b[2Jb')
  })
})

describe('the summary', () => {
  const ok = result({status: 'ok'})
  const warning = result({status: 'warn', fix: 'wait'})
  const {fix: _, ...bare} = result({status: 'skipped'})
  test.each<[string, Result[], string]>([
    ['all is well', [ok, bare], 'all is well'],
    [
      'begins with what failed',
      [warning, result()],
      '1 problem, 1 warning: begin with: start the server',
    ],
    [
      'counts',
      [result(), result(), warning, warning],
      '2 problems, 2 warnings: begin with: start the server',
    ],
    ['takes a warning where nothing failed', [warning, ok], '1 warning: begin with: wait'],
    [
      'begins with what others are skipped for',
      [warning, ok, {...warning, fix: 'start'}, bare],
      '2 warnings: begin with: start',
    ],
  ])('%s', (_name, results, expected) => {
    expect(summaryLines(results, layout())).toEqual([expected])
  })
})

describe('a report', () => {
  function streamed(results: readonly Result[]): {lines: string[]; before: string[]} {
    const lines: string[] = []
    const stream = reportStream(layout(), (line) => lines.push(line))
    for (const one of results) stream.add(one)
    const before = [...lines]
    stream.end(results)
    return {lines, before}
  }
  const skipped = (name: string, layer: Result['layer'], message = 'port failed'): Result => {
    return {name, layer, message, status: 'skipped'}
  }

  test('holds back what comes before the target is known', () => {
    expect(streamed([result()]).before).toEqual([])
  })

  test('tells of a layer once, and puts together what is skipped for one reason', () => {
    const {lines} = streamed([
      result(),
      skipped('tls', 'network'),
      skipped('login', 'server'),
      skipped('rights', 'server'),
      skipped('psql', 'server', 'other'),
    ])
    expect(lines).toEqual([
      'network',
      '  ✖ fail  port    nothing listens at localhost:5432 and that is bad',
      '                  → start the server',
      '  - skip  tls     port failed',
      '',
      'server',
      '  - skip  login, rights: port failed',
      '  - skip  psql    other',
      '',
      '1 problem: begin with: start the server',
    ])
  })
})
