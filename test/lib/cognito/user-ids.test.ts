import {afterEach, expect, test, vi} from 'vitest'
import {updateCognitoUserIds, withUserIds} from '../../../src/lib/cognito/user-ids.js'
import {connect} from '../../support/postgres.js'
import {targetOf} from '../../support/target.js'
import {
  AFTER,
  BEFORE,
  onUserIdsStage,
  POOL,
  prepare,
  type UserIdsStage,
} from '../../support/user-ids-stage.js'

const pool = {id: POOL, region: 'ca-central-1'}

/** Has the SDK of this process find the fake. */
async function inProcess(stage: UserIdsStage) {
  await prepare(stage)
  for (const [name, value] of Object.entries(stage.fake.env)) vi.stubEnv(name, value)
  vi.stubEnv('AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED', 'true')
  return targetOf(stage.database)
}
afterEach(() => {
  vi.unstubAllEnvs()
})

test('one function sets all ids without asking, as setup does, and a second time none', () =>
  onUserIdsStage(async (stage) => {
    const target = await inProcess(stage)
    const told: number[] = []
    const request = {pool, onUsers: (users: number) => told.push(users)}
    const {difference, updated} = await updateCognitoUserIds(target, request, {})
    expect([difference.set.count, updated, told]).toEqual([2, 2, [0, 2]])
    expect(await stage.ids()).toEqual(AFTER)
    expect(await updateCognitoUserIds(target, {pool}, {})).toMatchObject({updated: 0})
  }))

test('where nothing is to be set, nobody who changes the table is waited for', () =>
  onUserIdsStage(async (stage) => {
    const target = await inProcess(stage)
    await stage.rows(['londo', 'MOCK'])
    const other = await connect(stage.database)
    await other.query(`BEGIN; INSERT INTO users (handle) VALUES ('q')`)
    expect(await updateCognitoUserIds(target, {pool}, {})).toMatchObject({updated: 0})
    await other.end()
  }))

test('nothing is set before the server was found to be the right one', () =>
  onUserIdsStage(async (stage) => {
    const target = await inProcess(stage)
    const refusal = new Error('another server')
    const setting = withUserIds(target, {pool}, {}, ({set}) => set(() => Promise.reject(refusal)))
    await expect(setting).rejects.toThrow('another server')
    expect(await stage.ids()).toEqual(BEFORE)
  }))

test('nothing is set without being asked for, and the session is told', () =>
  onUserIdsStage(async (stage) => {
    const target = await inProcess(stage)
    const [told, seen] = await withUserIds(target, {pool}, {}, async ({processId}) => [
      processId,
      await stage.sql(`SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()`),
    ])
    expect(seen).toEqual([{pid: told}])
    expect(await stage.ids()).toEqual(BEFORE)
  }))
