import {describe, expect, test} from 'vitest'
import {overviewEntries} from '../../../src/lib/cli/overview.js'
import {overviewJson} from '../../../src/lib/cli/overview-json.js'
import {overviewLines} from '../../../src/lib/cli/overview-lines.js'
import type {State} from '../../../src/lib/cli/overview-state.js'
import {CruddurError} from '../../../src/lib/error.js'
import {resolveTarget, type Target} from '../../../src/lib/target/target.js'

const NOW = new Date(2026, 2, 9, 14, 5)
const SINCE = new Date(2026, 2, 9, 9, 3)

function targetAt(url: string, extra: Partial<Target> = {}): Target {
  const context = {env: {}, homeDir: '/nonexistent', osUser: 'tester'}
  const target = resolveTarget({prod: false, url, command: 'test'}, context)
  if (!target) throw new Error('a URL names a target')
  return {...target, name: 'local', ...extra}
}

const target = targetAt('postgres://postgres:secret@localhost:5432/cruddur')

const open = (extra: Partial<Extract<State, {kind: 'open'}>> = {}): State => ({
  kind: 'open',
  target,
  server: {version: '18.4', since: SINCE, rds: false},
  database: {bytes: 8_100_000, tableCount: 2, tables: ['activities', 'users']},
  ...extra,
})

/** The five lines; what comes below them never changes. */
function five(state: State, columns = Number.POSITIVE_INFINITY, flags = ''): string[] {
  const lines = overviewLines(state, {columns, flags, now: NOW})
  return lines.slice(0, lines.indexOf(''))
}

describe('five lines tell of', () => {
  test('a database that is ready', () => {
    expect(five(open())).toEqual([
      'target    local  postgres@localhost:5432/cruddur',
      'server    PostgreSQL 18.4, running since 09:03',
      'database  "cruddur", 8.1 MB',
      'schema    2 tables: activities, users',
      'next      cruddur-db connect',
    ])
  })

  test('a server that runs longer than today', () => {
    const server = {version: '15.1', since: new Date(2025, 11, 31, 23, 59), rds: false}
    expect(five(open({server}))[1]).toBe('server    PostgreSQL 15.1, running since 2025-12-31')
  })

  test('what to do next by a command in one piece, however narrow the terminal', () => {
    const flags = " --env-file '/home/somebody/a project of mine/.env'"
    expect(five(open(), 40, flags).at(-1)).toBe(`next      cruddur-db connect${flags}`)
  })

  test('an empty database, which setup fills', () => {
    expect(five(open({database: {bytes: 7_500_000, tableCount: 0, tables: []}})).slice(2)).toEqual([
      'database  "cruddur", 7.5 MB',
      'schema    no tables',
      'next      cruddur-db setup',
    ])
  })

  test('a database that is not there, which setup makes', () => {
    expect(five(open({database: null})).slice(1)).toEqual([
      'server    PostgreSQL 18.4, running since 09:03',
      'database  "cruddur" is not there',
      'schema    none',
      'next      cruddur-db setup',
    ])
  })

  test('a server that answers, but lets nobody in where its version could be asked', () => {
    expect(five(open({server: null, database: null}))[1]).toBe('server    it answers')
  })

  test('an embedded server that was never set up', () => {
    expect(five({kind: 'absent'})).toEqual([
      'target    embedded  as CONNECTION_URL is not set',
      'server    not set up yet',
      'database  none yet',
      'schema    none yet',
      'next      cruddur-db setup',
    ])
  })

  test('an embedded server that does not run, of whose database nothing is known', () => {
    expect(five({kind: 'stopped'})).toEqual([
      'target    embedded  as CONNECTION_URL is not set',
      'server    stopped: the next command that needs it starts it',
      'database  unknown',
      'schema    unknown',
      'next      cruddur-db server start',
    ])
  })

  test('a server that cannot be reached: what is the matter, and what to do', () => {
    const trouble = new CruddurError('SERVER_REFUSED', 'nothing listens at localhost:5432', {
      hint: 'start that server',
    })
    expect(five({kind: 'closed', target, trouble})).toEqual([
      'target    local  postgres@localhost:5432/cruddur',
      'server    nothing listens at localhost:5432',
      'database  unknown',
      'schema    unknown',
      'next      start that server',
    ])
  })

  test('variables that cannot be read, all of their problems, and doctor where there is no cure', () => {
    const trouble = new CruddurError('CONFIGURATION', 'CONNECTION_URL: no host\nPGPORT: no number')
    expect(five({kind: 'unread', trouble})).toEqual([
      'target    CONNECTION_URL: no host; PGPORT: no number',
      'server    unknown',
      'database  unknown',
      'schema    unknown',
      'next      cruddur-db doctor',
    ])
  })
})

describe('what to do next', () => {
  const empty = {bytes: 1, tableCount: 0, tables: []}

  test('leads to the same target', () => {
    expect(five(open(), 80, ' --env-file .env.test')[4]).toBe(
      'next      cruddur-db connect --env-file .env.test',
    )
  })

  test('is never to rebuild production, but to look at what that would do', () => {
    const production = {...target, production: true}
    expect(five(open({target: production, database: empty}), 80, ' --prod').at(-1)).toBe(
      'next      cruddur-db setup --dry-run --prod',
    )
  })
})

describe('production', () => {
  test('is named as such, whatever named it', () => {
    expect(five(open({target: {...target, production: true}}))[0]).toBe(
      'target    PRODUCTION  postgres@localhost:5432/cruddur',
    )
  })
})

describe('below them stand', () => {
  test('the three commands a newcomer needs, and where the others are', () => {
    const lines = overviewLines({kind: 'absent'}, {columns: 80, flags: '', now: NOW})
    expect(lines.slice(5)).toEqual([
      '',
      'cruddur-db setup    builds it anew, with schema and seed',
      'cruddur-db connect  opens it',
      'cruddur-db doctor   says what is wrong, and what cures it',
      'cruddur-db help     shows all commands',
    ])
  })
})

describe('whatever stands in it', () => {
  const long = targetAt(`postgres://u@${'a'.repeat(60)}.example.com:5432/${'d'.repeat(63)}`)
  const states: [string, State][] = [
    ['long names', open({target: long, database: null})],
    [
      'many tables',
      open({database: {bytes: 1, tableCount: 500, tables: ['表'.repeat(30), 'b'.repeat(63)]}}),
    ],
    [
      'a long cure',
      {
        kind: 'closed',
        target: long,
        trouble: new CruddurError('SERVER_REFUSED', 'm '.repeat(90), {hint: 'h'.repeat(150)}),
      },
    ],
    ['nothing', {kind: 'absent'}],
  ]

  test.each(states)('%s: no line is longer than the terminal', (_, state) => {
    for (const columns of [40, 60, 80, 200]) {
      const widths = overviewLines(state, {columns, flags: '', now: NOW}).map(
        // Characters of two columns stand for themselves and a blank here.
        (line) => line.replaceAll('表', 'xx').length,
      )
      expect(Math.max(...widths)).toBeLessThanOrEqual(columns)
    }
  })

  test('a URL in a hint stays, which is there to be copied', () => {
    const hint = 'set CONNECTION_URL=postgresql://postgres:password@127.0.0.1:5432/cruddur'
    const trouble = new CruddurError('SERVER_REFUSED', 'm', {hint})
    expect(five({kind: 'unread', trouble}).at(-1)).toBe(`next      ${hint}`)
  })

  test('nothing of it steers the terminal, and no password is shown', () => {
    const trouble = new CruddurError(
      'SERVER_REFUSED',
      'at postgres://u:p%40"\'# x@h/d \u001b[31m',
      {
        hint: '\u202e',
      },
    )
    const text = five({kind: 'closed', target, trouble}).join()
    expect(text).toContain('postgres://***@h/d \\x1b[31m')
    expect(text).toContain('\\u202e')
    const table = '\u001b]0;x\u0007'
    const tables = {bytes: 1, tableCount: 1, tables: [table]}
    expect(five(open({database: tables})).join()).toContain('1 table: \\x1b]0;x\\x07')
  })
})

describe('for a script', () => {
  const json = (state: State) =>
    overviewJson(state, overviewEntries(state, {columns: 80, flags: '', now: NOW}))

  test('a database that is ready is all there', () => {
    expect(json(open())).toEqual({
      target: {
        name: 'local',
        production: false,
        host: 'localhost',
        port: 5432,
        database: 'cruddur',
        user: 'postgres',
      },
      state: 'open',
      server: {version: '18.4', since: SINCE.toISOString()},
      database: {exists: true, bytes: 8_100_000},
      tables: 2,
      trouble: null,
      next: 'cruddur-db connect',
    })
  })

  test('a missing database is told from one that could not be seen', () => {
    expect(json(open({database: null})).database).toEqual({exists: false, bytes: null})
    expect(json({kind: 'stopped'})).toMatchObject({
      target: null,
      database: {exists: null, bytes: null},
      tables: null,
    })
  })

  test('trouble has its code, and no password', () => {
    const trouble = new CruddurError('SERVER_REFUSED', 'at postgres://u:secret@h/d', {
      hint: 'mend it',
    })
    expect(json({kind: 'closed', target, trouble})).toMatchObject({
      trouble: {code: 'SERVER_REFUSED', message: 'at postgres://***@h/d'},
      next: 'mend it',
    })
  })
})
