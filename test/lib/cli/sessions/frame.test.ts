import stringWidth from 'string-width'
import {describe, expect, test} from 'vitest'
import {frame} from '../../../../src/lib/cli/sessions/frame.js'
import {keyOf} from '../../../../src/lib/cli/sessions/view.js'
import {own, session, stuck, view, waiting} from './session.js'

const all = [stuck, waiting, own]
const many = Array.from({length: 40}, (_, at) => session(100 + at))

describe('the live view', () => {
  test('of 80 columns', () => {
    expect(frame(view(all), {columns: 80, rows: 12})).toEqual([
      'local  me@localhost:5432/shop                                           12:00:00',
      '3 of 100 connections (3 reserved)  by db  every 2 seconds',
      '  process_id  user     db        app       state                  since  blocke…',
      '  4713 *      cruddur  postgres  cruddur…  active                 30 s',
      '  4711        cruddur  shop      psql      idle in transaction !  2 min',
      '  4712        cruddur  shop      a worke…  active !               1 min  4711',
      '',
      '* this session   ! for more than 1 min',
      '',
      '',
      '',
      '? help  q quit  p pause  s sort  t end a session',
    ])
  })

  test('of 60 columns and 10 rows has all that matters', () => {
    expect(frame(view(all, {selected: keyOf(stuck)}), {columns: 60, rows: 10})).toEqual([
      'local  me@localhost:5432/shop                       12:00:00',
      '3 of 100 connections (3 reserved)  by db  every 2 seconds',
      '  process_id  db      app     state                  blocke…',
      '  4713 *      postg…  crudd…  active',
      '> 4711        shop    psql    idle in transaction !',
      '  4712        shop    a wor…  active !               4711',
      '',
      '* this session   ! for more than 1 min',
      '',
      '? help  q quit  p pause  s sort  t end a session',
    ])
  })

  test('names production', () => {
    const [first] = frame(view(all, {guarded: true, name: 'url'}), {columns: 60, rows: 10})
    expect(first).toBe('PRODUCTION  me@localhost:5432/shop                  12:00:00')
  })

  test('says how it is sorted, that it is paused, and which of many are shown', () => {
    const sort = {column: 'since', reversed: true} as const
    const one = frame(view(many, {sort, paused: true}), {columns: 100, rows: 14})
    expect(one[1]).toBe(
      'PAUSED  40 of 100 connections (3 reserved)  by since, reversed  1-10 of 40',
    )
    expect(one.filter((line) => /^ {2}1\d\d /.test(line))).toHaveLength(10)
  })

  test('shows the page with the chosen one', () => {
    const [chosen] = many.slice(25)
    const lines = frame(view(many, {selected: chosen && keyOf(chosen)}), {columns: 80, rows: 14})
    expect(lines[1]).toContain('21-30 of 40')
    expect(lines.filter((line) => line.startsWith('>'))).toEqual([expect.stringMatching(/^> 125 /)])
  })

  test('with statements has two lines for each', () => {
    const rows = many.map((each) => ({...each, query: `SELECT ${each.process_id}`}))
    const lines = frame(view(rows, {long: true}), {columns: 80, rows: 14})
    expect(lines[1]).toContain('1-5 of 40')
    expect(lines.slice(3, 5)).toEqual([expect.stringMatching(/^ {2}100 /), '      SELECT 100'])
  })

  test.each([
    [{}, '? help  q quit  p pause  s sort  t end a session'],
    [{message: 'ended session 1'}, 'ended session 1'],
    [{message: 'm', trouble: 'no connection'}, '! no connection'],
    [
      {trouble: 'no connection', asking: stuck},
      'end 4711? y/N  session 4711 of cruddur (psql, 10.0.0.7)',
    ],
    [{message: '\u001b[2J語'}, '\\x1b[2J語'],
  ])('has in its last line what matters most: %j', (extra, last) => {
    expect(frame(view(all, extra), {columns: 80, rows: 10}).at(-1)).toBe(last)
  })

  test('explains its keys', () => {
    const lines = frame(view(all, {help: true}), {columns: 60, rows: 14})
    expect(lines.join('\n')).toMatch(/^t {13}end the chosen session/m)
    expect(lines.join('\n')).not.toContain('4711')
  })

  test('before the first look is there already', () => {
    const lines = frame(view([], {look: undefined, at: undefined}), {columns: 60, rows: 10})
    expect(lines[0]).toBe('local  me@localhost:5432/shop')
  })

  const awkward = [
    ...all,
    session(5, {app: '語'.repeat(64), user: '\u001b[2J', db: '👨‍👩‍👧'.repeat(20)}),
  ]
  const long = awkward.map((each) => ({...each, query: '語\n'.repeat(200)}))
  test.each([
    [200, 60],
    [80, 24],
    [60, 10],
    [60, 4],
    [20, 5],
    [10, 2],
    [5, 1],
    [1, 1],
  ])('of %i columns and %i rows is never larger', (columns, rows) => {
    for (const extra of [
      {},
      {long: true},
      {help: true},
      {guarded: true, paused: true, message: '語'.repeat(99)},
      {trouble: 'x'.repeat(300), asking: stuck},
    ]) {
      const lines = frame(view(long, {selected: keyOf(stuck), ...extra}), {columns, rows})
      expect(lines).toHaveLength(rows)
      if (columns >= 60) expect(lines.filter((line) => stringWidth(line) > columns)).toEqual([])
      expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    }
  })
})
