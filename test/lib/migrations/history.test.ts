import {expect, test} from 'vitest'
import {createHistory, HISTORY, readHistory} from '../../../src/lib/migrations/history.js'
import {connect, withDatabase} from '../../support/postgres.js'

test('the table is made once, and what is read from it is what stands in it', () =>
  withDatabase(async (name) => {
    const client = await connect(name)
    expect(await readHistory(client)).toEqual({exists: false, records: []})
    await createHistory(client)
    await createHistory(client)
    await client.query(
      "SET TIME ZONE 'Asia/Kolkata'; SET DateStyle = 'SQL, DMY'; SET search_path = ''",
    )
    await client.query(`INSERT INTO ${HISTORY} VALUES
      (9007199254740993, 'ü', 'c', '2026-01-02 03:04:05.678901+05:30', NULL),
      (2, 'b', 'd', '2026-01-02 03:04:05+00', '2026-01-02 03:04:06+00')`)
    expect(await readHistory(client)).toEqual({
      exists: true,
      records: [
        {
          version: 2n,
          name: 'b',
          checksum: 'd',
          startedAt: '2026-01-02T03:04:05.000000Z',
          finishedAt: '2026-01-02T03:04:06.000000Z',
          appliedBy: client.user,
        },
        {
          version: 9007199254740993n,
          name: 'ü',
          checksum: 'c',
          startedAt: '2026-01-01T21:34:05.678901Z',
          finishedAt: null,
          appliedBy: client.user,
        },
      ],
    })
    await client.end()
  }))

test.each([
  ['other columns', '(id int)'],
  [
    'a time that is none',
    '(version int, name text, checksum text, applied_by text, started_at text, finished_at text)',
  ],
])('a table of that name with %s is refused', (_, columns) =>
  withDatabase(async (name) => {
    const client = await connect(name)
    await client.query(`CREATE TABLE ${HISTORY} ${columns}`)
    await expect(readHistory(client)).rejects.toMatchObject({code: 'HISTORY_INVALID', exit: 1})
    await client.end()
  }),
)
