import {afterAll, beforeAll} from 'vitest'
import {testFaults} from './check.js'
import {type OwnServer, startOwnServer} from './own-server.js'
import {migrationServerFaults} from './tables/migration-server.js'

let own: OwnServer
beforeAll(async () => {
  own = await startOwnServer()
})
afterAll(() => own.close())

testFaults(migrationServerFaults.faults, () => ({serverUrl: own.url(), own}), {concurrent: false})
