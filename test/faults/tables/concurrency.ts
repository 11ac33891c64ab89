import {type Fault, GATE} from '../fault.js'
import type {Scene} from '../scene.js'
import {STEPS} from './words.js'

const files = {'s.sql': GATE}
const setup = ['setup', '--no-seed', '--schema-file', 's.sql']

/** What somebody else does to the old database while a setup loads the new one. */
const meanwhile =
  (...sql: string[]) =>
  async (scene: Scene): Promise<void> => {
    await scene.atGate()
    for (const each of sql) await scene.query(each, 'postgres')
    await scene.query('CREATE TABLE IF NOT EXISTS theirs AS SELECT 1 AS n').catch(() => [])
    await scene.look()
    await scene.openGate()
  }

const OTHERS: readonly Fault[] = [
  {
    name: 'a setup is started while another one loads the same database',
    files,
    gated: true,
    arrange: async (scene) => {
      await scene.look()
      const other = scene.alsoRun(setup)
      await scene.atGate()
      return async () => {
        other.child.kill('SIGTERM')
        await other.result
      }
    },
    args: ['setup'],
    sees: {
      exit: 1,
      code: 'SETUP_RUNNING',
      stderr:
        'Error: another setup of "{database}" is running\n  → wait until it ends, then try again\n',
    },
  },
  {
    name: 'somebody drops the old database and makes another of its name, while a setup loads',
    files,
    gated: true,
    args: setup,
    during: meanwhile('DROP DATABASE {database}', 'CREATE DATABASE {database}'),
    sees: {
      exit: 1,
      code: 'TARGET_CHANGED',
      stderr: `${STEPS.unseededSwap}⋮
Error: the database "{database}" was replaced by somebody while the new one was built
  → what is there now was not touched; look at it, then run setup again
`,
    },
  },
  {
    name: 'somebody drops the old database and makes another of its name, while a setup by force loads',
    files,
    gated: true,
    args: [...setup, '--force'],
    during: meanwhile('DROP DATABASE {database}', 'CREATE DATABASE {database}'),
    sees: {
      exit: 1,
      code: 'TARGET_CHANGED',
      stderr: `${STEPS.unseededSwap}⋮
Error: the database "{database}" was replaced by somebody while the new one was built
  → what is there now was not touched; look at it, then run setup again
`,
    },
  },
  {
    name: 'somebody renames the old database while a setup loads',
    files,
    gated: true,
    args: setup,
    during: meanwhile('ALTER DATABASE {database} RENAME TO {database}_kept'),
    sees: {
      exit: 1,
      code: 'TARGET_CHANGED',
      stderr: `${STEPS.unseededSwap}⋮
Error: the database "{database}" was dropped or renamed by somebody while the new one was built
  → what is there now was not touched; look at it, then run setup again
`,
    },
  },
  {
    name: 'somebody creates the database while a setup loads what was to be the first',
    files,
    gated: true,
    args: [...setup, '--url', '{url}_two'],
    during: meanwhile('CREATE DATABASE {database}_two'),
    sees: {
      exit: 1,
      code: 'DATABASE_EXISTS',
      target: 'url',
      database: '{database}_two',
      stderr: `${STEPS.unseededSwap}Error: "{database}_two" was created in the meantime
  → run setup again, which replaces it
  SQLSTATE 42P04
`,
    },
  },
  {
    name: 'two create the same database at once: one has, the other finds it',
    tapped: true,
    args: ['create', '--url', '{url}_two'],
    during: ({query, tap}) =>
      tap.at(/CREATE DATABASE/, async () => void (await query('CREATE DATABASE {database}_two'))),
    sees: {
      exit: 0,
      target: 'url',
      database: '{database}_two',
      stderr: '',
      stdout: 'the database "{database}_two" exists already\n',
    },
    changes: ['{database}_two'],
  },
  {
    name: 'two drop the same database at once: one has, the other finds none',
    tapped: true,
    arrange: async ({look, query}) => {
      await look()
      await query('CREATE DATABASE {database}_two')
      return undefined
    },
    args: ['drop', '--url', '{url}_two'],
    during: ({query, tap}) =>
      tap.at(/DROP DATABASE/, async () => void (await query('DROP DATABASE {database}_two'))),
    sees: {
      exit: 0,
      target: 'url',
      database: '{database}_two',
      stderr: '',
      stdout: 'there is no database "{database}_two"\n',
    },
  },
]

const replaced = ['DROP DATABASE {database}', 'CREATE DATABASE {database}']

/** Between the look at production that is shown and the act. */
const PRODUCTION: readonly Fault[] = ['drop', 'setup'].map((command) => ({
  name: `production becomes another database between what is shown and the ${command}`,
  tapped: true,
  args: [command, '--prod', '--force', '--confirm', '{database}'],
  env: {PROD_CONNECTION_URL: '{url}'},
  during: ({look, query, tap}: Scene) =>
    // What is shown is read in the database itself, and the act is done from the maintenance database.
    tap.at(/database\0postgres\0/, async () => {
      for (const sql of replaced) await query(sql, 'postgres')
      await query('CREATE TABLE theirs AS SELECT 1 AS n')
      await look()
    }),
  sees: {
    exit: 4,
    code: 'TARGET_CHANGED',
    target: 'PRODUCTION' as const,
    stderr: `⋮
Error: the database "{database}" is another one than the one that was shown
  → nothing was touched; run it again and look at what is there now
`,
  },
}))

export const concurrencyFaults = {
  title: 'Others at the same time',
  faults: [...OTHERS, ...PRODUCTION],
}
