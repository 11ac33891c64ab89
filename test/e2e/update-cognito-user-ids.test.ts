import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {fakeUser, subOf} from '../support/aws/fake-cognito.js'
import {runProgram} from '../support/program.js'
import {AFTER, BEFORE, LINES, onUserIdsStage, POOL, prepare} from '../support/user-ids-stage.js'

/** A difference in which there is nothing. */
const NONE = {
  set: {count: 0, handles: [], cut: false, replaced: 0},
  unchanged: {count: 0},
  databaseOnly: {count: 0, handles: [], cut: false},
  cognitoOnly: {count: 0, handles: [], cut: false},
  ambiguous: {count: 0, handles: [], cut: false},
}

describe('the ids of a pool', () => {
  test('are set after the difference was told, and a second run changes nothing and says so', () =>
    onUserIdsStage(async (stage) => {
      await prepare(stage)
      const {code, stdout, stderr} = await stage.run()
      expect([code, stderr]).toEqual([0, stage.head])
      expect(stdout.replace(/\d+ ms/, '1 ms')).toBe(
        `${LINES('2  andrewbrown, bayko', 0, '1  londo')}set 2 ids in 1 ms\n`,
      )
      expect(await stage.ids()).toEqual(AFTER)
      const versions = 'SELECT xmin, * FROM users ORDER BY at'
      const before = await stage.sql(versions)
      const again = await stage.run()
      expect([again.code, again.stdout]).toEqual([
        0,
        `${LINES('0', 2, '1  londo')}nothing to set\n`,
      ])
      expect(await stage.sql(versions)).toEqual(before)
    }))

  test('are told as JSON', () =>
    onUserIdsStage(async (stage) => {
      await prepare(stage)
      const userPool = {id: POOL, region: 'ca-central-1'}
      const {code, json} = await stage.json()
      expect(code).toBe(0)
      expect(json).toEqual({
        target: expect.objectContaining({name: 'local', database: stage.database}),
        userPool,
        difference: {
          ...NONE,
          set: {count: 2, handles: ['andrewbrown', 'bayko'], cut: false, replaced: 0},
          databaseOnly: {count: 1, handles: ['londo'], cut: false},
          cognito: {users: 2, unconfirmed: 0, withoutHandle: 0, notEncodable: 0, disabled: 0},
          database: {rows: 3, withoutHandle: 0},
        },
        updated: 2,
        ms: expect.any(Number),
      })
      const again = await stage.json()
      expect(again.json).toMatchObject({updated: 0, difference: {unchanged: {count: 2}}})
    }))

  test('are shown by --dry-run, which touches nothing', () =>
    onUserIdsStage(async (stage) => {
      await prepare(stage)
      const {code, stdout, stderr} = await stage.run(['--dry-run'])
      expect([code, stderr]).toEqual([0, stage.head])
      expect(stdout).toMatch(
        new RegExp(
          `^${LINES('2  andrewbrown, bayko', 0, '1  londo')}This would set the Cognito ids of users: .*\n`,
        ),
      )
      expect(stdout).toContain('runs      set cognito_user_id of 2 users: andrewbrown, bayko\n')
      const {json} = await stage.json(['--dry-run'])
      expect(json).toMatchObject({
        plan: {
          steps: ['set cognito_user_id of 2 users: andrewbrown, bayko'],
          loss: null,
          database: {sessions: []},
        },
        difference: {set: {count: 2}},
      })
      expect(await stage.ids()).toEqual(BEFORE)
    }))

  test('are set by --quiet, which says only what is ambiguous', () =>
    onUserIdsStage(async (stage) => {
      await prepare(stage)
      stage.pool(
        fakeUser(subOf(1), 'andrewbrown'),
        fakeUser(subOf(2), 'bayko'),
        fakeUser(subOf(3), 'londo'),
        fakeUser(subOf(4), 'londo'),
      )
      expect(await stage.run(['--quiet'])).toEqual({
        code: 0,
        stdout: '',
        stderr: '1 handle is ambiguous and left alone: londo (2 users in Cognito have it)\n',
      })
      expect(await stage.ids()).toEqual(AFTER)
    }))

  test('may go round among handles', () =>
    onUserIdsStage(async (stage) => {
      await prepare(stage)
      await stage.rows(['andrewbrown', subOf(2)], ['bayko', subOf(1)], ['londo', 'MOCK'])
      const {code, stdout} = await stage.run()
      expect(code).toBe(0)
      expect(stdout).toContain('\n2 of those to be set: in place of another id\n')
      expect(await stage.ids()).toEqual(AFTER)
    }))

  test('are set by two machines at once', () =>
    onUserIdsStage(async (stage) => {
      await prepare(stage)
      const [one, other] = await Promise.all([stage.run(), stage.run()])
      expect([one.code, other.code], one.stderr + other.stderr).toEqual([0, 0])
      expect(await stage.ids()).toEqual(AFTER)
    }))
})

describe('the pool', () => {
  test('is that of the flag, of the variable, or of .env', () =>
    onUserIdsStage(async (stage) => {
      await prepare(stage)
      const folder = mkdtempSync(join(tmpdir(), 'cruddur-db-pool-'))
      const {AWS_COGNITO_USER_POOL_ID: _, ...env} = stage.env()
      const run = (...args: string[]) =>
        runProgram(['update-cognito-user-ids', '--dry-run', ...args], {cwd: folder, env})
      try {
        expect(await run()).toMatchObject({
          code: 2,
          stderr: expect.stringContaining('Error: no Cognito user pool is named\n'),
        })
        expect(await run('--user-pool-id', POOL)).toMatchObject({code: 0})
        writeFileSync(join(folder, '.env'), `AWS_COGNITO_USER_POOL_ID=${POOL}\n`)
        expect(await run()).toMatchObject({code: 0})
        expect(await run('--user-pool-id', 'pool')).toMatchObject({code: 2, stdout: ''})
      } finally {
        rmSync(folder, {recursive: true})
      }
    }))

  test('is asked in its own region, and another one that is named is said to be passed over', () =>
    onUserIdsStage(async (stage) => {
      await prepare(stage)
      const {code, stderr} = await stage.run([], {AWS_REGION: 'us-east-1'})
      expect([code, stderr]).toEqual([
        0,
        `${stage.head}the pool ${POOL} is in ca-central-1, so that region is asked and not us-east-1\n`,
      ])
    }))
})
