import {type Fault, GATE} from '../fault.js'
import type {OwnServer} from '../own-server.js'
import {migrated, withTwo} from './migration-words.js'
import {atGate, lost} from './server.js'

const ENDS: readonly [string, (own: OwnServer) => void][] = [
  ['is stopped (fast)', ({kill}) => kill('SIGINT')],
  ['is killed (kill -9)', ({kill}) => kill('SIGKILL')],
]

const STOPPED: readonly Fault[] = ENDS.map(([what, end]) => ({
  name: `the server ${what} while a migration runs`,
  files: withTwo(`DELETE FROM letters;\n${GATE}`),
  gated: true,
  arrange: async (scene) => {
    await migrated()(scene)
    return async () => {
      await scene.own.stop()
      await scene.own.start()
    }
  },
  args: ['migrate'],
  during: atGate(({own}) => end(own)),
  sees: {exit: 3, code: 'CONNECTION_LOST', stderr: lost()},
}))

export const migrationServerFaults = {title: 'Migrations, and the server', faults: STOPPED}
