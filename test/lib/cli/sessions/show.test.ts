import stringWidth from 'string-width'
import {describe, expect, test} from 'vitest'
import {sessionLines} from '../../../../src/lib/cli/sessions/show.js'
import type {ListedSession} from '../../../../src/lib/postgres/sessions-list.js'
import {look, own, session, stuck, waiting} from './session.js'

const all = [stuck, waiting, own]
const ask = (
  sessions: ListedSession[],
  room: number | undefined,
  extra: {all?: boolean; footer?: boolean; long?: boolean} = {},
): string[] =>
  sessionLines(look(sessions), {all: false, footer: false, long: false, room, ...extra})

describe('where there is no terminal', () => {
  test('the columns are always the same, nothing is cut and nothing added', () => {
    expect(ask(all, undefined, {footer: true})).toEqual([
      'process_id  user     db        client_addr  app                        state',
      '4711        cruddur  shop      10.0.0.7     psql                       idle in transaction',
      '4712        cruddur  shop      10.0.0.7     a worker with a long name  active',
      '4713        cruddur  postgres  10.0.0.7     cruddur-db                 active',
    ])
  })

  test('--long has times as the server gives them, and the statement last', () => {
    const [head, row] = ask([{...waiting, query: 'SELECT 1,\n  2'}], undefined, {long: true})
    expect(head?.split(/ +/)).toEqual(
      'process_id user db client_addr app state type backend_start query_start wait_event xact_start blocked_by query'.split(
        ' ',
      ),
    )
    expect(row).toMatch(
      / {2}2026-11-22T11:58:59\.000Z {2}relation {16}4711 {8}SELECT 1,\\x0a {2}2$/,
    )
  })

  test('what this role may not see is called hidden', () => {
    const hidden = session(1, {hidden: true, state: null, type: null, client_addr: null})
    expect(ask([hidden], undefined)[1]).toMatch(/^1 .* hidden$/)
  })
})

describe('on a terminal', () => {
  test('it has signs, ages and who blocks whom, and says what the signs mean', () => {
    expect(ask(all, 120, {footer: true})).toEqual([
      'process_id  user     db        client_addr  app                        state                  since  blocked_by',
      '4711        cruddur  shop      10.0.0.7     psql                       idle in transaction !  2 min',
      '4712        cruddur  shop      10.0.0.7     a worker with a long name  active !               1 min  4711',
      '4713 *      cruddur  postgres  10.0.0.7     cruddur-db                 active                 30 s',
      '3 of 100 connections (3 reserved)',
      '* this session   ! for more than 1 min',
    ])
  })

  test('of 80 columns other cells give way before process id and state', () => {
    expect(ask(all, 80, {footer: true})).toEqual([
      'process_id  user     db        app        state                  since  blocked…',
      '4711        cruddur  shop      psql       idle in transaction !  2 min',
      '4712        cruddur  shop      a worker…  active !               1 min  4711',
      '4713 *      cruddur  postgres  cruddur-…  active                 30 s',
      '3 of 100 connections (3 reserved)',
      '* this session   ! for more than 1 min',
      'no room for: client_addr',
    ])
  })

  test('of 60 columns some are left out, and it says which', () => {
    expect(ask(all, 60, {footer: true})).toEqual([
      'process_id  db       app      state                  blocke…',
      '4711        shop     psql     idle in transaction !',
      '4712        shop     a work…  active !               4711',
      '4713 *      postgr…  cruddu…  active',
      '3 of 100 connections (3 reserved)',
      '* this session   ! for more than 1 min',
      'no room for: user, client_addr, since',
    ])
  })

  test('columns without a need are not there', () => {
    expect(ask([own], 200)[0]).toBe(
      'process_id  user     db        client_addr  app         state   since',
    )
  })

  test('--long has the statement in a line of its own, in one line', () => {
    const [, , statement] = ask([{...waiting, query: 'SELECT 1,\n\n   2\n'}], 60, {long: true})
    expect(statement).toBe('    SELECT 1, 2')
  })

  test('PostgreSQL’s own processes are known by what they are', () => {
    const process = session(9, {type: 'checkpointer', user: null, db: null, app: '', state: null})
    const worker = session(10, {type: 'parallel worker', app: 'report'})
    const [, first, second] = ask([process, worker], 200, {all: true})
    expect(first).toMatch(/^9 .* checkpointer /)
    expect(second).toMatch(/^10 .* report \(parallel worker\) /)
  })

  test('a prepared transaction that holds a lock has no process id', () => {
    expect(ask([{...waiting, blocked_by: [0, 5]}], 200)[1]).toMatch(/prepared transaction, 5$/)
  })

  test('it says what hidden means, and when connections run out', () => {
    const hidden = session(1, {hidden: true, state: null, type: null})
    const many = Array.from({length: 88}, () => session(2))
    const words = ask([hidden, ...many], 80, {footer: true}).slice(-2)
    expect(words).toEqual([
      '89 of 100 connections (3 reserved), nearly full',
      'hidden: what other roles do is shown to members of pg_read_all_stats',
    ])
  })

  const awkward = [
    session(1, {app: '語'.repeat(64), user: '日本語のユーザー', db: 'ａｂｃ'}),
    session(2, {app: '\u001b[2J\n\u202e', user: 'x'.repeat(63), db: '👨‍👩‍👧'.repeat(9)}),
    session(3_999_999, {state: 'idle in transaction (aborted)', client_addr: 'fe80::1:2:3:4'}),
    {...stuck, query: '語'.repeat(300)},
    {...waiting, blocked_by: [4711, 4712, 4713, 4714, 4715], query: '\u001b[2J\u0007'},
  ]
  test.each([60, 61, 79, 80, 81, 119, 120, 200, 300])(
    'of %i columns nothing is longer, whatever names hold',
    (room) => {
      for (const long of [false, true]) {
        const lines = ask(awkward, room, {all: true, footer: true, long})
        expect(lines.filter((line) => stringWidth(line) > room)).toEqual([])
        expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
        expect(lines.filter((line) => /^(1|2|3999999|4711|4712) /.test(line))).toHaveLength(5)
        expect(lines.filter((line) => line.includes('idle in transaction (aborted)'))).toHaveLength(
          1,
        )
      }
    },
  )
})
