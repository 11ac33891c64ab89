import {afterEach, beforeEach, expect, test} from 'vitest'
import {migration} from '../../support/migrations.js'
import {targetOf} from '../../support/target.js'
import {openRecorder, type Recorder} from '../../support/wire-recorder.js'
import {type MigrationStage, openMigrationStage} from './stage.js'

let stage: MigrationStage
let recorder: Recorder
beforeEach(async () => {
  stage = await openMigrationStage()
  const [server] = targetOf(stage.database).hosts
  if (!server) throw new Error('the test server has a host')
  recorder = await openRecorder(server)
})
afterEach(async () => {
  recorder.close()
  await stage.close()
})

/** The round trips behind the login that a migrate takes. */
async function tripsOf(request = {}): Promise<number> {
  const before = recorder.recording().connections.length
  await stage.migrate(request, {}, {hosts: [{host: '127.0.0.1', port: recorder.port}]})
  const connections = recorder.recording().connections.slice(before)
  return connections.flat().filter(({messages}) => messages.some(({type}) => type === 'Q')).length
}

/** Whether it is a pooler, the lock with the history; what the first one needs. */
const BEFORE = 3

test('a migration takes two round trips, and all of them together three more', async () => {
  const five = Array.from({length: 5}, (_, n) => [
    `000${n + 1}_t`,
    migration(`CREATE TABLE t${n} (n int);`),
  ])
  stage.folder.write(Object.fromEntries(five))
  expect(await tripsOf({to: '1'})).toBe(BEFORE + 2)
  expect(await tripsOf()).toBe(BEFORE + 4 * 2)
  expect(await stage.applied()).toHaveLength(5)
})

test('where nothing is pending two are taken', async () => {
  stage.folder.write({'0001_t': migration('SELECT 1;')})
  await stage.migrate()
  expect(await tripsOf()).toBe(BEFORE - 1)
})
