import {setTimeout as sleep} from 'node:timers/promises'
import {expect, test} from 'vitest'
import {fakeUser, subOf} from '../support/aws/fake-cognito.js'
import {openTerminal} from '../support/terminal.js'
import {onUserIdsStage, POOL} from '../support/user-ids-stage.js'

test('50 000 users take a heap of 24 MB and less than a minute', {timeout: 120_000}, () =>
  onUserIdsStage(async (stage) => {
    const size = 50_000
    const user = (at: number) => fakeUser(subOf(at), `handle_of_somebody_${at}`)
    stage.fake.pools.set(POOL, {size, user})
    await stage.sql(`INSERT INTO users (handle, cognito_user_id)
      SELECT 'handle_of_somebody_' || n, 'MOCK' FROM generate_series(1, ${size}) n`)
    const {code, json} = await stage.json(['--quiet'], {NODE_OPTIONS: '--max-old-space-size=24'})
    expect([code, json]).toMatchObject([
      0,
      {
        updated: size - 1,
        difference: {
          set: {count: size - 1, cut: true},
          cognitoOnly: {handles: ['handle_of_somebody_0']},
        },
      },
    ])
    expect(stage.fake.requests).toHaveLength(Math.ceil(size / 60))
    const wrong = `SELECT FROM users WHERE cognito_user_id NOT LIKE lpad(to_hex(split_part(handle, '_', 4)::int), 8, '0') || '-%'`
    expect(await stage.sql(wrong)).toHaveLength(1)
  }),
)

test('one that does not answer is said to be read', () =>
  onUserIdsStage(async (stage) => {
    stage.fake.before(() => new Promise(() => {}))
    const terminal = openTerminal(['update-cognito-user-ids'], {env: stage.env()})
    await terminal.shows('reading the pool: 0 users')
    terminal.type('\x03')
    expect(await terminal.ended).not.toBe(0)
  }))

test('a pool that takes its time is counted on a terminal, until it is read', () =>
  onUserIdsStage(async (stage) => {
    stage.fake.pools.set(POOL, {size: 150, user: (at) => fakeUser(subOf(at), `u${at}`)})
    stage.fake.before((request) => (request === 1 ? sleep(400) : undefined))
    const terminal = openTerminal(['update-cognito-user-ids'], {env: stage.env()})
    await terminal.shows('reading the pool: 60 users')
    expect(await terminal.ended).toBe(0)
    expect(terminal.screen()).toContain('in Cognito but not in the database  150  u0, u1, u10, ')
  }))
