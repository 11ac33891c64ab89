import {expect, test} from 'vitest'
import {loadPool} from '../../../src/lib/cognito/load.js'
import {connect, dropDatabases, freshName, query} from '../../support/postgres.js'
import {onScene, pagesOf, poolUser, subOf} from './stage.js'

const LOADED = 'SELECT handle, sub FROM pg_temp.cruddur_pool ORDER BY handle'

test('what came before the list began anew is forgotten', () =>
  onScene(async ({client}) => {
    async function* pages() {
      yield* pagesOf([poolUser(1, 'a'), poolUser(2, undefined)])
      yield* pagesOf([poolUser(3, 'b')], [poolUser(4, 'c', {enabled: false})])
    }
    const told: number[] = []
    const tally = await loadPool(client, pages(), {onUsers: (users) => told.push(users)})
    expect(tally).toEqual({
      users: 2,
      unconfirmed: 0,
      withoutHandle: 0,
      notEncodable: 0,
      disabled: 1,
    })
    expect(told).toEqual([0, 2, 1, 2])
    expect((await client.query(LOADED)).rows).toEqual([
      {handle: 'b', sub: subOf(3)},
      {handle: 'c', sub: subOf(4)},
    ])
  }))

test('so are those that were sent already', () =>
  onScene(async ({client}) => {
    const many = Array.from({length: 6000}, (_, at) => poolUser(at, `handle_${at}`))
    async function* pages() {
      yield* pagesOf(many)
      yield* pagesOf([poolUser(3, 'b')])
    }
    await loadPool(client, pages())
    expect((await client.query(LOADED)).rows).toEqual([{handle: 'b', sub: subOf(3)}])
  }))

test('what no text can hold is no handle, and is no other one either', () =>
  onScene(async ({client}) => {
    const users = [
      '\0',
      'a\0b',
      '\ud800',
      'b\udc00',
      '',
      '\ufffd',
      '👩',
      '\\N',
      '\\.',
      'a\tb\r\n\x1b',
    ].map((handle, at) => poolUser(at, handle))
    const {withoutHandle} = await loadPool(client, pagesOf(users))
    expect(withoutHandle).toBe(5)
    const {rows} = await client.query('SELECT handle FROM pg_temp.cruddur_pool ORDER BY sub')
    expect(rows.map(({handle}) => handle)).toEqual(['\ufffd', '👩', '\\N', '\\.', 'a\tb\r\n\x1b'])
  }))

test('who has a handle that the database has no characters for is left out, and nobody else', async () => {
  const database = freshName()
  await query(`CREATE DATABASE ${database} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'`)
  try {
    const client = await connect(database)
    const handles = ['a', '漢', 'é', 'b', '字', '👩']
    const users = handles.map((handle, at) => poolUser(at, handle))
    const tally = await loadPool(client, pagesOf(users))
    expect([tally.users, tally.notEncodable]).toEqual([6, 3])
    const {rows} = await client.query('SELECT handle FROM pg_temp.cruddur_pool ORDER BY sub')
    expect(rows.map(({handle}) => handle)).toEqual(['a', 'é', 'b'])
    await client.end()
  } finally {
    await dropDatabases(database)
  }
})

test('thousands are sent while the rest is still to be read', () =>
  onScene(async ({client}) => {
    const statements: unknown[] = []
    const watched = new Proxy(client, {
      get(target, name) {
        if (name !== 'query') return Reflect.get(target, name)
        return (query: never) => {
          statements.push(typeof query === 'string' ? query : 'COPY')
          return target.query(query)
        }
      },
    })
    const pages = Array.from({length: 300}, (_, page) =>
      Array.from({length: 60}, (_, at) => poolUser(page * 60 + at, `handle_${page * 60 + at}`)),
    )
    const {users} = await loadPool(watched, pagesOf(...pages))
    expect(users).toBe(18_000)
    expect(statements.filter((text) => text === 'COPY')).toHaveLength(4)
    const {rows} = await client.query('SELECT count(*)::int AS n FROM pg_temp.cruddur_pool')
    expect(rows).toEqual([{n: 18_000}])
  }))

test('what reading them fails with is thrown', () =>
  onScene(async ({client}) => {
    const failure = new Error('no more pages')
    async function* pages() {
      yield* pagesOf([poolUser(1, 'a')])
      throw failure
    }
    await expect(loadPool(client, pages())).rejects.toBe(failure)
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{one: 1}])
  }))
