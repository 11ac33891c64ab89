import {rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import type {Fault} from '../fault.js'
import type {Scene} from '../scene.js'

const HOLDING: readonly Fault[] = (['drop', 'drop --force', 'setup --force'] as const).map(
  (command) => ({
    name: `a prepared transaction waits in the old database: ${command}`,
    arrange: async ({hold, query}: Scene) => {
      const other = await hold()
      await other.query(`BEGIN; DELETE FROM letters; PREPARE TRANSACTION 'waiting'`)
      return async () => void (await query(`ROLLBACK PREPARED 'waiting'`))
    },
    args: command.split(' '),
    sees: {
      exit: 1,
      code: 'DATABASE_IN_USE',
      stderr: '⋮\nError: …prepared transaction…; nothing was …\n⋮\n  SQLSTATE 55006\n',
    },
  }),
)

/** The server as somebody has set it up. */
const readOnly = async ({own}: Scene, act: () => void): Promise<void> => {
  await own.stop()
  act()
  await own.start()
}
const asStandby = async (scene: Scene) => {
  const mark = join(scene.own.dataDir, 'standby.signal')
  await scene.look()
  await readOnly(scene, () => writeFileSync(mark, ''))
  return () => readOnly(scene, () => rmSync(mark))
}
const STANDBY: readonly Fault[] = [
  ['setup', '⋮\nError: …read-only…\n⋮\n  SQLSTATE 25006\n'],
  ['drop', 'Error: …read-only…\n⋮\n  SQLSTATE 25006\n'],
].map(([command = '', stderr = '']) => ({
  name: `the server is a read-only replica: ${command}`,
  arrange: asStandby,
  args: [command],
  sees: {exit: 1, code: 'READ_ONLY', stderr},
  forms: ['words'] as const,
}))

const WRITABLE: Fault = {
  name: 'the URL asks for a server that writes, and there is only a replica',
  arrange: asStandby,
  args: ['setup', '--url', '{url}?target_session_attrs=read-write'],
  sees: {
    exit: 3,
    code: 'CONNECT_FAILED',
    target: 'url',
    stderr: 'Error: {host} is not read-write\n  → check target_session_attrs in the URL\n',
  },
  forms: ['words'],
}

const RDS: readonly Fault[] = [
  {
    name: 'the server is one of RDS, reached through a tunnel, and nobody confirmed a drop',
    arrange: async ({query}) => {
      await query('CREATE ROLE rdsadmin')
      await query('CREATE DATABASE rdsadmin OWNER rdsadmin', 'postgres')
      return async () => {
        await query('DROP DATABASE rdsadmin', 'postgres')
        await query('DROP ROLE rdsadmin')
      }
    },
    args: ['drop', '--force'],
    sees: {
      exit: 4,
      code: 'NOT_CONFIRMED',
      stderr: `Error: this server is one of RDS, whatever its host is called: it counts as production, and nobody confirmed this
  → nothing was touched; look at it with --dry-run, and if you mean it, add: --confirm {database}
`,
    },
  },
]

export const serverStateFaults = {
  title: 'What the server is and holds',
  faults: [...HOLDING, ...STANDBY, WRITABLE, ...RDS],
}
