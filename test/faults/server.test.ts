import {afterAll, beforeAll} from 'vitest'
import {testFaults} from './check.js'
import {type OwnServer, startOwnServer} from './own-server.js'
import {serverFaults} from './tables/server.js'
import {serverStateFaults} from './tables/server-states.js'

let own: OwnServer
beforeAll(async () => {
  own = await startOwnServer()
})
afterAll(() => own.close())

const place = () => ({serverUrl: own.url(), own})
testFaults(serverFaults.faults, place, {concurrent: false})
testFaults(serverStateFaults.faults, place, {concurrent: false})
