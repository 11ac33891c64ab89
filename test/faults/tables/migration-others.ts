import {type Fault, GATE} from '../fault.js'
import type {Scene} from '../scene.js'
import {migrated, pathOf, secondRun, withTwo} from './migration-words.js'
import {PROD} from './production-words.js'
import {atGate, endBackends, lost} from './server.js'

const gated = {
  files: withTwo(`DELETE FROM letters;\n${GATE}`),
  gated: true,
  arrange: migrated(),
  args: ['migrate'],
}
const plain = {files: withTwo('DROP TABLE letters;'), args: ['migrate']}

const SIGNALS: readonly Fault[] = (
  [
    ['Ctrl-C', 'SIGINT', 130],
    ['SIGTERM', 'SIGTERM', 143],
    ['a closed terminal', 'SIGHUP', 129],
  ] as const
).map(([said, signal, exit]) => ({
  ...gated,
  name: `${said} while a migration runs`,
  during: atGate(({child}) => child.kill(signal)),
  sees: {
    exit,
    code: 'INTERRUPTED',
    stderr: `Error: interrupted (while ${pathOf('0002_two')} ran, of which nothing was kept)\n`,
  },
  within: 3,
  forms: signal === 'SIGINT' ? ['words', '--json'] : ['words'],
}))

/** Somebody has the lock of migrations and does nothing. */
const locked = async (scene: Scene): Promise<undefined> => {
  await migrated()(scene)
  const other = await scene.hold()
  await other.query(`SELECT pg_advisory_lock(${0x63_72_75_64}, ${0x6d_69_67_72})`)
  return undefined
}
const WAITING =
  'waiting: other migrations run on this database: process … (somebody else, …); see cruddur-db sessions\n'

const LOCKED: readonly Fault[] = [
  {
    ...plain,
    name: 'Ctrl-C while a migrate waits for somebody who runs migrations',
    arrange: locked,
    during: async ({child, shows}) => {
      await shows('waiting: ')
      child.kill('SIGINT')
    },
    sees: {exit: 130, code: 'INTERRUPTED', stderr: `${WAITING}Error: interrupted\n`},
    within: 3,
  },
  {
    ...plain,
    name: 'a migrate is ended by the server while it waits for somebody who runs migrations',
    arrange: locked,
    during: async (scene) => {
      await scene.shows('waiting: ')
      await endBackends('true', 'terminate')(scene)
    },
    sees: {exit: 3, code: 'CONNECTION_LOST', stderr: `${WAITING}${lost()}`},
  },
]

/** Between what is shown and the act, and while it waits. */
const MEANWHILE: readonly Fault[] = [
  {
    ...plain,
    name: 'somebody runs the migration that a migrate waits to run',
    arrange: locked,
    during: async (scene) => {
      await scene.shows('waiting: ')
      await secondRun(scene)
      await scene.look()
      await scene.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}' AND application_name = 'somebody else' AND pid <> pg_backend_pid()",
      )
    },
    sees: {exit: 0, stderr: WAITING, stdout: 'nothing is pending: 2 migrations applied\n'},
  },
  {
    files: withTwo('-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 1;\n'),
    name: 'somebody rolls back the last migration of production between what is shown and a rollback',
    tapped: true,
    arrange: migrated(2n),
    args: ['rollback', '--prod', '--confirm', '{database}'],
    env: PROD,
    during: ({look, query, tap}) =>
      tap.at(/pg_try_advisory_lock/, async () => {
        await query('DELETE FROM cruddur_migrations WHERE version = 2')
        await look()
      }),
    sees: {
      exit: 4,
      code: 'TARGET_CHANGED',
      target: 'PRODUCTION',
      stderr: `⋮
Error: there is more to do than what was shown: other migrations have run, or were taken back, since
  → nothing was touched; run it again and look at what is there now
`,
    },
  },
]

const CUT: readonly Fault[] = [
  {
    ...gated,
    name: 'somebody ends the session in which a migration runs',
    during: atGate(endBackends('true', 'terminate')),
    sees: {
      exit: 3,
      code: 'CONNECTION_LOST',
      stderr: `⋮\nError: the connection to {host} was lost: … (while ${pathOf('0002_two')} ran, of which nothing was kept)\n⋮\n`,
    },
  },
  {
    ...plain,
    name: 'the connection is lost before the COMMIT of a migration arrives',
    tapped: true,
    arrange: migrated(),
    during: ({tap}) => tap.at(/COMMIT/, ({cut}) => cut()),
    sees: {
      exit: 3,
      code: 'CONNECTION_LOST',
      stderr: `Error: ${pathOf('0002_two')}: the connection was lost at COMMIT, and nothing was kept: …\n⋮\n`,
    },
  },
  {
    ...plain,
    name: 'the connection is lost after the COMMIT of a migration: it counts as run',
    tapped: true,
    arrange: migrated(),
    during: ({tap}) => tap.afterwards(/COMMIT/, ({cut}) => cut()),
    sees: {exit: 0, stderr: '', stdout: `ran ${pathOf('0002_two')} in … ms\n`},
    changes: ['{database}'],
  },
]

export const migrationOthersFaults = {
  title: 'Migrations, and others',
  faults: [...SIGNALS, ...LOCKED, ...MEANWHILE, ...CUT],
}
