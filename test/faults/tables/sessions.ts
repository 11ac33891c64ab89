import {type Fault, GATE} from '../fault.js'
import type {Scene} from '../scene.js'
import {STEPS} from './words.js'

const table = (state: string): string =>
  `  process_id  user … app … client_addr  state\n  … somebody else  … ${state}\n`

/** @param detail what the server says, once it has waited for them */
const inUse = (untouched: string, state = 'idle', detail = ''): string =>
  `Error: 1 session uses the database "{database}"; ${untouched}
${table(state)}${detail}  → close them, or end them with --force
  SQLSTATE 55006
`
const WAITED = '  detail: There is 1 other session using the database.\n'

const holder = async ({hold}: Scene): Promise<undefined> => void (await hold())

/** Comes when the program has looked for sessions and has found none. */
const late =
  (message: RegExp, act: (scene: Scene) => Promise<unknown> = holder) =>
  (scene: Scene): Promise<void> =>
    scene.tap.at(message, async () => void (await act(scene)))

/** A name of the database that is being built. */
async function built({database, query}: Scene): Promise<string> {
  const [row] = await query(
    `SELECT datname FROM pg_database WHERE starts_with(datname, '${database}.new-')`,
    'postgres',
  )
  return row?.['datname']
}

const plain = {files: {'s.sql': 'CREATE TABLE made (n int);\n'}}
const setup = ['setup', '--schema-file', 's.sql', '--no-seed']

const sessions: readonly Fault[] = [
  {
    name: 'a drop finds a session in the database',
    arrange: holder,
    args: ['drop'],
    sees: {exit: 1, code: 'DATABASE_IN_USE', stderr: inUse('nothing was dropped')},
  },
  {
    name: 'a setup finds a session in the old database',
    arrange: holder,
    args: ['setup'],
    sees: {exit: 1, code: 'DATABASE_IN_USE', stderr: inUse('nothing was changed')},
  },
  {
    name: 'a drop finds somebody in the middle of a transaction',
    arrange: async ({hold}) => {
      const other = await hold()
      await other.query('BEGIN; DELETE FROM letters')
      return undefined
    },
    args: ['drop'],
    sees: {
      exit: 1,
      code: 'DATABASE_IN_USE',
      stderr: inUse('nothing was dropped', 'idle in transaction'),
    },
  },
  {
    name: 'somebody connects between the last look of a drop and the DROP',
    tapped: true,
    args: ['drop'],
    during: late(/DROP DATABASE/),
    sees: {
      exit: 1,
      code: 'DATABASE_IN_USE',
      stderr: inUse('nothing was dropped', 'idle', WAITED),
    },
  },
  {
    name: 'somebody connects right before a setup swaps',
    ...plain,
    tapped: true,
    args: setup,
    during: late(/RENAME TO/),
    sees: {
      exit: 1,
      code: 'DATABASE_IN_USE',
      stderr: STEPS.unseededSwap + inUse('nothing was changed'),
    },
  },
  {
    name: 'somebody connects to the old database while the new one is loaded',
    files: {'s.sql': GATE},
    gated: true,
    args: setup,
    during: async (scene) => {
      await scene.atGate()
      await scene.hold()
      await scene.openGate()
    },
    within: 4,
    sees: {
      exit: 1,
      code: 'DATABASE_IN_USE',
      stderr: STEPS.unseededSwap + inUse('nothing was changed'),
    },
  },
  {
    name: 'a monitoring tool connects to the new database while it is built: that session is ended',
    files: {'s.sql': GATE},
    gated: true,
    args: setup,
    during: async (scene) => {
      await scene.atGate()
      await scene.hold(await built(scene))
      await scene.openGate()
    },
    sees: {
      exit: 0,
      stderr: '✔ create … ms\n✔ schema … ms\n✔ swap … ms\n✔ drop-previous … ms\n',
      stdout: 'the database "{database}" is ready\n',
    },
    changes: ['{database}'],
  },
  {
    name: 'a subscription lives in the database that is to be dropped',
    arrange: async ({query}) => {
      await query(
        `CREATE SUBSCRIPTION {database} CONNECTION 'dbname=none' PUBLICATION p WITH (connect = false, slot_name = NONE)`,
      )
      return async () => void (await query('DROP SUBSCRIPTION {database}'))
    },
    args: ['drop', '--force'],
    sees: {
      exit: 1,
      code: 'DATABASE_IN_USE',
      stderr: `Error: …subscription…; nothing was dropped
⋮
  SQLSTATE 55006
`,
    },
  },
  {
    name: 'a session to end is one of PostgreSQL’s own processes',
    arrange: async ({query, say}) => {
      const [row] = await query(
        "SELECT pid::text FROM pg_stat_activity WHERE backend_type = 'checkpointer'",
      )
      say('pid', row?.['pid'])
      return undefined
    },
    args: ['sessions', '--terminate', '{pid}'],
    sees: {
      exit: 2,
      code: 'USAGE',
      stderr: `Error: {pid} is a process of PostgreSQL's own (checkpointer); nothing was ended
  → name sessions of clients: those that are listed without --all
`,
    },
  },
]

export const sessionFaults = {title: 'Sessions', faults: sessions}
