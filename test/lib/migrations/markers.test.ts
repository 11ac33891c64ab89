import {describe, expect, test} from 'vitest'
import {findMarkers} from '../../../src/lib/migrations/markers.js'
import {LINE_FEED} from '../../../src/lib/sql/bytes.js'
import {errorOf, placeOf} from '../sql/support.js'

function markersIn(content: string) {
  const bytes = Buffer.from(content)
  return findMarkers({path: 'x.sql', bytes, line: 1, before: 0, lineEnding: LINE_FEED, cut: false})
}

test('a marker has its line and its option', () => {
  const content =
    '-- ö\n-- migrate:up transaction:true\r\nSELECT 1;\n--migrate:down\ttransaction:false \n'
  const bytes = Buffer.from(content)
  const found = markersIn(content).map(({kind, transaction, start, end}) => ({
    kind,
    transaction,
    line: bytes.toString('utf8', start, end),
  }))
  expect(found).toEqual([
    {kind: 'up', transaction: true, line: '-- migrate:up transaction:true\r\n'},
    {kind: 'down', transaction: false, line: '--migrate:down\ttransaction:false \n'},
  ])
})

test('a comment that only speaks of it is no marker', () => {
  for (const comment of [
    '-- migrate up to the last version',
    '-- migrates: users',
    '-- migrate: the users first',
    'SELECT 1; -- migrate:up comes before',
    '-- see -- migrate:down',
    '- migrate:up',
    '/* migrate:up */',
  ]) {
    expect(markersIn(`${comment}\n`), comment).toEqual([])
  }
})

const NO_MARKER = 'this looks like a marker of a migration, and is none'

describe('what may have been meant as one is refused, with its place', () => {
  for (const [line, place, message] of [
    ['  -- migrate:down', 'x.sql:2:3', 'a marker has to begin its line'],
    ['SELECT 1; -- migrate:down', 'x.sql:2:11', 'a marker has to begin its line'],
    ['$$; --migrate:down transaction:false ', 'x.sql:2:5', 'a marker has to begin its line'],
    ['\u00a0-- migrate:down', 'x.sql:2:2', 'a marker has to begin its line'],
    ['-- migrate:dwon', 'x.sql:2:1', NO_MARKER],
    ['-- Migrate:Down', 'x.sql:2:1', NO_MARKER],
    ['-- migrate: down', 'x.sql:2:1', NO_MARKER],
    ['-- migrate : down', 'x.sql:2:1', NO_MARKER],
    ['-- migrate down', 'x.sql:2:1', NO_MARKER],
    ['--- migrate:down', 'x.sql:2:1', NO_MARKER],
    ['-- migrate:down;', 'x.sql:2:1', NO_MARKER],
    ['\t-- migrate-down', 'x.sql:2:2', NO_MARKER],
    [
      '-- migrate:down transaction:no',
      'x.sql:2:17',
      '-- migrate:down has an option that is not known',
    ],
    [
      '-- migrate:up transaction:false transaction:false',
      'x.sql:2:15',
      '-- migrate:up has an option that is not known',
    ],
    ['-- migrate:up up', 'x.sql:2:15', '-- migrate:up has an option that is not known'],
  ] as const) {
    test(JSON.stringify(line), async () => {
      const error = await errorOf(() => markersIn(`-- ö\n${line}\nSELECT 1;\n`))
      expect(error).toMatchObject({code: 'MIGRATION_INVALID', exit: 1, message})
      expect(placeOf(error)).toBe(place)
    })
  }
})
