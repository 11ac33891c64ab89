import {describe, expect, test} from 'vitest'
import type {Difference} from '../../../src/lib/cognito/difference.js'
import {writeIds} from '../../../src/lib/cognito/write.js'
import {onScene, poolUser} from './stage.js'

/** The handles of each kind, in short. */
function kinds({ambiguous, cognitoOnly, databaseOnly, set, unchanged}: Difference) {
  return {
    set: set.handles,
    unchanged: unchanged.count,
    database: databaseOnly.handles,
    cognito: cognitoOnly.handles,
    ambiguous: Object.fromEntries(ambiguous.handles.map(({handle, reason}) => [handle, reason])),
  }
}

const nothing = {set: [], unchanged: 0, database: [], cognito: [], ambiguous: {}}

describe('a handle', () => {
  test('is in one kind: to be set, unchanged, in the database only, in Cognito only', () =>
    onScene(async ({rows, shown}) => {
      await rows(
        ['new', 'MOCK'],
        ['other', 9],
        ['null', null],
        ['empty', ''],
        ['same', 5],
        ['row', 'MOCK'],
      )
      const users = ['new', 'other', 'null', 'empty', 'same', 'user'].map((handle, at) =>
        poolUser(at + 1, handle),
      )
      const found = await shown(...users)
      expect(kinds(found)).toEqual({
        ...nothing,
        set: ['empty', 'new', 'null', 'other'],
        unchanged: 1,
        database: ['row'],
        cognito: ['user'],
      })
      expect(found.set.replaced).toBe(1)
      expect(found.database).toEqual({rows: 6, withoutHandle: 0})
    }))

  test('of two users is ambiguous, also where a row has the id of one of them', () =>
    onScene(async ({rows, shown}) => {
      await rows(['a', 'MOCK'], ['b', 3])
      const found = await shown(
        ...[poolUser(1, 'a'), poolUser(2, 'a'), poolUser(3, 'b'), poolUser(4, 'b')],
      )
      expect(kinds(found)).toEqual({
        ...nothing,
        ambiguous: {a: 'several-users', b: 'several-users'},
      })
    }))

  test('of two users of whom no row has it is one in Cognito only', () =>
    onScene(async ({shown}) => {
      expect(kinds(await shown(poolUser(1, 'a'), poolUser(2, 'a')))).toEqual({
        ...nothing,
        cognito: ['a'],
      })
    }))

  test('of two rows is ambiguous', () =>
    onScene(async ({rows, shown}) => {
      await rows(['a', 'MOCK'], ['a', 'MOCK'])
      const found = await shown(poolUser(1, 'a'))
      expect(found.ambiguous.handles).toEqual([
        {handle: 'a', reason: 'several-rows', users: 1, rows: 2},
      ])
    }))

  test('that somebody tries to sign up with counts as taken only once that is confirmed', () =>
    onScene(async ({rows, shown}) => {
      await rows(['a', 'MOCK'], ['b', 'MOCK'])
      const found = await shown(
        poolUser(1, 'a'),
        poolUser(2, 'a', {confirmed: false}),
        poolUser(3, 'b', {confirmed: false}),
      )
      expect(kinds(found)).toEqual({...nothing, set: ['a'], database: ['b']})
      expect(found.cognito).toEqual({
        users: 3,
        unconfirmed: 2,
        withoutHandle: 0,
        notEncodable: 0,
        disabled: 0,
      })
    }))

  test('of a disabled user is one like others', () =>
    onScene(async ({rows, shown}) => {
      await rows(['a', 'MOCK'])
      const found = await shown(poolUser(1, 'a', {enabled: false}))
      expect([found.set.handles, found.cognito.disabled]).toEqual([['a'], 1])
    }))

  test('is missing where it is absent, empty, NULL, or holds a NUL', () =>
    onScene(async ({rows, shown}) => {
      await rows([null, 'MOCK'], ['', 'MOCK'])
      const found = await shown(poolUser(1, undefined), poolUser(2, ''), poolUser(3, 'a\0b'))
      expect(kinds(found)).toEqual(nothing)
      expect([found.cognito.withoutHandle, found.database]).toEqual([
        3,
        {rows: 2, withoutHandle: 2},
      ])
    }))

  test('is compared character by character, whatever is in it', () =>
    onScene(async ({rows, shown, client, ids}) => {
      const odd = ['A', 'a', 'tab\there', 'back\\slash', 'line\nend', '\\N', '🎉', "o'neil", '\\.']
      await rows(...odd.map((handle) => [handle, 'MOCK'] as const))
      await shown(...odd.map((handle, at) => poolUser(at, handle)))
      await writeIds(client)
      expect(await ids()).toEqual(Object.fromEntries(odd.map((handle, at) => [handle, at])))
    }))

  test('may be of a type that is compared otherwise, and ids of another one', () =>
    onScene(
      async ({rows, shown, client, ids}) => {
        await rows(['a', 'MOCK'], ['B', 'MOCK'])
        const found = await shown(poolUser(1, 'a'), poolUser(2, 'b'))
        expect(kinds(found)).toEqual({...nothing, set: ['a'], database: ['B'], cognito: ['b']})
        await writeIds(client)
        expect(await ids()).toEqual({a: 1, B: 'MOCK'})
      },
      {handle: 'varchar(20) COLLATE "und-x-icu"', idType: 'varchar(36)'},
    ))
})

describe('an id', () => {
  test('that a row of nobody in the pool has is not given to another', () =>
    onScene(async ({rows, shown}) => {
      await rows(['a', 'MOCK'], ['gone', 1])
      expect(kinds(await shown(poolUser(1, 'a')))).toEqual({
        ...nothing,
        database: ['gone'],
        ambiguous: {a: 'id-taken'},
      })
    }))

  test('that a row has which cannot get its own is not given to another either', () =>
    onScene(async ({rows, shown}) => {
      // a → b → c → gone: each wants the id of the next, and the last one is kept.
      await rows(['a', 'MOCK'], ['b', 1], ['c', 2], ['gone', 3], ['free', 'MOCK'])
      const users = ['a', 'b', 'c', 'free'].map((handle, at) => poolUser(at + 1, handle))
      expect(kinds(await shown(...users))).toEqual({
        ...nothing,
        set: ['free'],
        database: ['gone'],
        ambiguous: {a: 'id-taken', b: 'id-taken', c: 'id-taken'},
      })
    }))

  test('of a row without a handle is kept', () =>
    onScene(async ({rows, shown}) => {
      await rows(['a', 'MOCK'], [null, 1])
      expect(kinds(await shown(poolUser(1, 'a'))).ambiguous).toEqual({a: 'id-taken'})
    }))

  test('of a user who was renamed while the pool was read goes to neither handle', () =>
    onScene(async ({rows, shown}) => {
      await rows(['old', 'MOCK'], ['new', 'MOCK'])
      expect(kinds(await shown(poolUser(1, 'old'), poolUser(1, 'new')))).toEqual({
        ...nothing,
        ambiguous: {old: 'renamed', new: 'renamed'},
      })
    }))

  test('of a user who came twice is given all the same', () =>
    onScene(async ({rows, shown}) => {
      await rows(['a', 'MOCK'])
      expect(kinds(await shown(poolUser(1, 'a'), poolUser(1, 'a'))).set).toEqual(['a'])
    }))

  test('is told apart in a chain of thousands without taking minutes', () =>
    onScene(async ({client, shown}) => {
      const length = 5000
      await client.query(`INSERT INTO users SELECT 'h' || n,
        lpad(to_hex(n + 1), 8, '0') || '-7031-70a3-8f21-0123456789ab' FROM generate_series(0, ${length}) n`)
      const users = Array.from({length}, (_, at) => poolUser(at, `h${at + 1}`))
      // h1 wants the id 0, which nobody has; h2 that of h0, who is in no pool; h3 that of h1 …
      const found = await shown(...users.slice(1))
      expect([found.set.count, found.ambiguous.count]).toEqual([0, length - 1])
    }))
})

test('of each kind the first thousand are listed, and whether there are more is said', () =>
  onScene(async ({client, shown}) => {
    await client.query(`INSERT INTO users SELECT 'a' || n, 'MOCK' FROM generate_series(1, 1001) n`)
    await client.query(`INSERT INTO users SELECT 'b' || n, 'MOCK' FROM generate_series(1, 1000) n`)
    const users = Array.from({length: 1000}, (_, at) => poolUser(at, `b${at + 1}`))
    const {databaseOnly, set} = await shown(...users)
    expect([databaseOnly.count, databaseOnly.handles.length, databaseOnly.cut]).toEqual([
      1001,
      1000,
      true,
    ])
    expect([set.count, set.handles.length, set.cut]).toEqual([1000, 1000, false])
  }))
