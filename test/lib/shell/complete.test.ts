import {describe, expect, test} from 'vitest'
import type {Names} from '../../../src/lib/shell/catalogue.js'
import {complete, quoted} from '../../../src/lib/shell/complete.js'

const NAMES: Names = {
  schemas: ['public', 'audit'],
  databases: ['cruddur', 'Other'],
  roles: ['postgres', 'reader'],
  relations: [
    {schema: 'public', name: 'users', visible: true, columns: ['uuid', 'handle', 'display_name']},
    {schema: 'public', name: 'activities', visible: true, columns: ['uuid', 'message', 'order']},
    {schema: 'public', name: 'User List', visible: true, columns: ['Full Name']},
    {schema: 'audit', name: 'log', visible: false, columns: ['at', 'what']},
  ],
}

/** What the cursor, at the `|`, can be completed to. */
function offered(text: string, before = ''): string[] {
  const [line = '', after = ''] = text.split('|')
  return complete({before, line, after}, NAMES)[0]
}

describe('Tab offers', () => {
  test.each<[string, string[]]>([
    ['SEL|', ['SELECT']],
    ['sel|', ['select']],
    ['select * from us|', ['users']],
    ['SELECT * FROM us|', ['users']],
    ['select * from "Us|', ['"User List"']],
    ['update act|', ['activities']],
    ['select ha| from users', ['handle', 'having']],
    ['select display_name, mes| from activities a, users u', ['message']],
    ['select u.| from users u', ['u.display_name', 'u.handle', 'u.uuid']],
    ['select u.ha| from users as u', ['u.handle']],
    ['select users.u| from users', ['users.uuid']],
    ['select a.or| from activities a', ['a."order"']],
    ['select * from audit.|', ['audit.log']],
    ['select l.w| from audit.log l', ['l.what']],
    ['select "Fu| from "User List"', ['"Full Name"']],
    ['\\c |', ['"Other"', 'cruddur']],
    ['\\c cr|', ['cruddur']],
    ['\\d us|', ['users']],
    ['\\dt+ act|', ['activities']],
    ['\\dn au|', ['audit']],
    ['\\du re|', ['reader']],
    ['\\con|', ['\\connect', '\\conninfo']],
    ['\\h alter ta|', ['table', 'tablespace']],
    ['\\x o|', []],
    ['alter role re|', ['reader']],
    ['drop database cr|', ['cruddur']],
    ['select zzz|', []],
  ])('%s: %j', (text, names) => {
    expect(offered(text)).toEqual(names)
  })

  test('columns of the tables that other lines name', () => {
    expect(offered('  mess|', 'select *\nfrom activities\nwhere\n')).toEqual(['message'])
  })

  test('nothing but keywords before names are known', () => {
    const none: Names = {schemas: [], databases: [], roles: [], relations: []}
    expect(complete({before: '', line: 'select * from us', after: ''}, none)).toEqual([[], 'us'])
    expect(complete({before: '', line: 'ins', after: ''}, none)[0]).toEqual(['insert'])
  })
})

test.each([
  ['users', 'users'],
  ['User', '"User"'],
  ['user', '"user"'],
  ['order', '"order"'],
  ['a b', '"a b"'],
  ['a"b', '"a""b"'],
  ['1a', '"1a"'],
])('%s is typed as %s', (name, typed) => {
  expect(quoted(name)).toBe(typed)
})

test.each([10_000, 100_000])('a line of %i characters is completed in time', (length) => {
  const begun = performance.now()
  complete({before: '', line: `select '${'"a. '.repeat(length / 4)}`, after: ''}, NAMES)
  complete({before: '', line: 'from a, '.repeat(length / 8), after: ''}, NAMES)
  complete({before: '', line: 'x'.repeat(length), after: ''}, NAMES)
  expect(performance.now() - begun).toBeLessThan(2000)
})
