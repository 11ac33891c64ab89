import {describe, expect, test} from 'vitest'
import {makePlan, type PlanWords, planLines} from '../../../src/lib/cli/plan.js'
import {CruddurError} from '../../../src/lib/error.js'
import type {Session} from '../../../src/lib/postgres/sessions.js'
import type {Survey} from '../../../src/lib/postgres/survey.js'
import {targetOf} from '../../support/target.js'

const session = (process_id: number, app = 'web'): Session => ({
  process_id,
  user: 'cruddur',
  db: 'mine',
  client_addr: '10.0.0.7',
  app,
  state: 'idle',
  type: 'client backend',
  backend_start: null,
  query_start: null,
  state_change: null,
  wait_event: null,
})

const survey = (extra: Partial<Survey> = {}): Survey => ({
  system: '7710',
  oid: 16_384,
  rds: false,
  backendPid: 1,
  version: '15.18',
  owner: 'cruddurroot',
  bytes: 15_500_000,
  template: false,
  tables: [
    {name: 'activities', rows: 1_234_567, bytes: 9_000_000},
    {name: 'users', rows: null, bytes: 16_384},
  ],
  trouble: null,
  sessions: [],
  holds: [],
  leftovers: [],
  ...extra,
})

const words: PlanWords = {steps: ['DROP DATABASE "mine"'], loss: 'everything in it, for good'}
const target = targetOf('mine')
const where = `postgres@127.0.0.1:${target.hosts[0].port}/mine`
const planOf = (extra: Partial<Survey> = {}, more: Partial<PlanWords> = {}) =>
  makePlan('drop the database', 'mine', survey(extra), {...words, ...more})
const shown = (extra: Partial<Survey> = {}, more: Partial<PlanWords> = {}): string =>
  planLines(planOf(extra, more), target, 'would').join('\n')

describe('the plan', () => {
  test('shows where, what there is, what will run and what is lost', () => {
    const sessions = [session(4711), session(4712, '')]
    expect(shown({sessions})).toBe(`This would drop the database: ${where}
  server    PostgreSQL 15.18
  database  "mine", 15.5 MB, owner cruddurroot
  tables    activities  about 1,234,567 rows  9.0 MB
            users       rows unknown          16.4 kB
  sessions  4711  cruddur  web  10.0.0.7  idle
            4712  cruddur       10.0.0.7  idle
  runs      DROP DATABASE "mine"
  lost      everything in it, for good`)
  })

  test('says of production that it is, and that it will be done', () => {
    const [first] = planLines(planOf(), {...target, production: true}, 'will')
    expect(first).toBe(`PRODUCTION  This will drop the database: ${where}`)
  })

  test('sums the tables behind the ten largest', () => {
    const tables = Array.from({length: 13}, (_, n) => ({
      name: `t${n}`,
      rows: n < 12 ? 5 : null,
      bytes: 1000,
    }))
    expect(planOf({tables}).database).toMatchObject({
      tables: tables.slice(0, 10),
      otherTables: {count: 3, rows: 10, bytes: 3000},
    })
    expect(shown({tables})).toContain(`
            t9          about 5 rows   1.0 kB
            and 3 more  about 10 rows  3.0 kB
`)
  })

  test('names ten sessions and counts the rest', () => {
    const sessions = Array.from({length: 12}, (_, n) => session(n + 1))
    expect(planOf({sessions}).database.sessions).toHaveLength(12)
    expect(shown({sessions})).toMatch(/\n {12}10 .*\n {12}and 2 more\n {2}runs/)
  })

  test('numbers several steps, and says when nothing is done or lost', () => {
    expect(shown({}, {steps: ['a', 'b']})).toContain('  runs      1. a\n            2. b\n')
    expect(
      shown({oid: null, tables: null, bytes: null, owner: null}, {steps: [], loss: null}),
    ).toBe(`This would drop the database: ${where}
  server    PostgreSQL 15.18
  database  "mine", which does not exist
  runs      nothing
  lost      nothing`)
  })

  test('fits a narrow terminal, with names whole and what goes on below what it belongs to', () => {
    const refusal = new CruddurError('DATABASE_IN_USE', 'two sessions use it and will not let go')
    const steps = ['run /srv/db/schema.sql (922 B)', 'put the new one in the place of the old one']
    const plan = planOf({tables: []}, {steps, refusal})
    expect(planLines(plan, target, 'would', 40).join('\n')).toBe(`This would drop the database:
  ${where}
  server    PostgreSQL 15.18
  database  "mine", 15.5 MB, owner
            cruddurroot
  tables    none
  runs      1. run /srv/db/schema.sql
               (922 B)
            2. put the new one in the
               place of the old one
  lost      everything in it, for good
  ! as it is now, it would be refused:
    two sessions use it and will not let
    go`)
  })

  test('says why it would be refused, and why tables are not known', () => {
    const refusal = new CruddurError('DATABASE_IN_USE', 'a session uses it; nothing was dropped')
    expect(planOf({}, {refusal}).refusal).toBe('a session uses it')
    expect(shown({}, {refusal})).toMatch(
      /\n {2}! as it is now, it would be refused: a session uses it$/,
    )
    const trouble = new CruddurError('NO_RIGHTS', 'permission denied')
    expect(shown({tables: null, trouble})).toContain('\n  tables    unknown: permission denied\n')
    expect(shown({tables: []})).toContain('\n  tables    none\n')
  })

  test('cannot steer the terminal', () => {
    const hostile = 'a\x1b[2Jb\n'
    const lines = planLines(
      makePlan(
        'drop the database',
        hostile,
        survey({
          owner: hostile,
          tables: [{name: hostile, rows: 1, bytes: 1}],
          sessions: [session(1, hostile)],
        }),
        {steps: [hostile], loss: hostile, refusal: new CruddurError('INTERNAL', hostile)},
      ),
      {...target, database: hostile, user: hostile},
      'will',
    )
    expect(lines.join('').replaceAll(/\p{Cc}/gu, '?')).toBe(lines.join(''))
    expect(lines).toHaveLength(8)
  })
})
