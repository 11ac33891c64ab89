import {type Fault, GATE} from '../fault.js'
import type {Scene} from '../scene.js'
import {STEPS} from './words.js'

/** Runs the program to a moment and keeps it there. */
interface Moment extends Pick<Fault, 'args' | 'files' | 'gated' | 'tapped'> {
  /** As the end of "Ctrl-C while …". */
  name: string
  reach: (scene: Scene) => Promise<unknown>
  /** What stderr shows up to there. */
  steps?: string
  /** What is said beside that it was interrupted. */
  outcome?: string
}

/** A session comes at the last moment, so that the server waits for it to go. */
const waiting =
  (message: RegExp) =>
  async ({hold, session, tap}: Scene): Promise<void> => {
    await tap.at(message, async () => void (await hold()))
    await session(`state = 'active' AND query ~ '${message.source}'`)
  }

/** Somebody has begun to rename the database, so that the server waits for that to end. */
const renamed =
  (message: RegExp) =>
  async ({database, hold, session, tap}: Scene): Promise<void> => {
    await tap.at(message, async () => {
      const other = await hold('postgres')
      await other.query(`BEGIN; ALTER DATABASE "${database}" RENAME TO "${database}.other"`)
    })
    await session("wait_event_type = 'Lock'")
  }

const EACH: readonly Moment[] = [
  {
    name: 'a setup connects',
    tapped: true,
    args: ['setup'],
    reach: ({tap}) => tap.hold(/user\0/),
  },
  {
    name: 'a setup creates its database',
    tapped: true,
    args: ['setup'],
    reach: ({tap}) => tap.hold(/CREATE DATABASE/),
    steps: STEPS.create,
  },
  {
    name: 'the schema of a setup is loaded',
    files: {'s.sql': GATE},
    gated: true,
    args: ['setup', '--schema-file', 's.sql'],
    reach: ({atGate}) => atGate(),
    steps: STEPS.schema,
  },
  {
    name: 'the seed of a setup is loaded',
    files: {'s.sql': GATE},
    gated: true,
    args: ['setup', '--seed-file', 's.sql'],
    reach: ({atGate}) => atGate(),
    steps: STEPS.seed,
  },
  {
    name: 'a setup waits for somebody who renames the old database',
    tapped: true,
    args: ['setup'],
    reach: renamed(/RENAME TO/),
    steps: STEPS.swap,
  },
  {
    name: 'a seed is loaded',
    files: {'s.sql': `DELETE FROM letters;\n${GATE}`},
    gated: true,
    args: ['seed', '--seed-file', 's.sql'],
    reach: ({atGate}) => atGate(),
  },
  {
    name: 'a drop waits for a session',
    tapped: true,
    args: ['drop'],
    reach: waiting(/DROP DATABASE/),
  },
]

const ONCE: readonly Moment[] = [
  {
    name: 'a schema-load waits at its COMMIT',
    files: {'s.sql': 'DROP TABLE letters;\n'},
    tapped: true,
    args: ['schema-load', '--schema-file', 's.sql'],
    reach: ({tap}) => tap.hold(/COMMIT/),
    outcome: ' (whether all of it was kept or nothing is not known)',
  },
  {name: 'a create connects', tapped: true, args: ['create'], reach: ({tap}) => tap.hold(/user\0/)},
  {
    name: 'the sessions are listed',
    tapped: true,
    args: ['sessions'],
    reach: ({tap}) => tap.hold(/pg_stat_activity/),
  },
]

const SIGNALS = [
  ['Ctrl-C', 'SIGINT', 130],
  ['SIGTERM', 'SIGTERM', 143],
  ['a closed terminal', 'SIGHUP', 129],
] as const

const interrupted = (
  {name, outcome = '', reach, steps = '', ...moment}: Moment,
  [said, signal, exit]: (typeof SIGNALS)[number],
): Fault => ({
  ...moment,
  name: `${said} while ${name}`,
  during: async (scene) => {
    await reach(scene)
    scene.child.kill(signal)
  },
  sees: {exit, code: 'INTERRUPTED', stderr: `${steps}Error: interrupted${outcome}\n`},
  // The promise is two seconds; a busy machine gets another.
  within: 3,
  forms: signal === 'SIGINT' ? ['words', '--json'] : ['words'],
})

const TWICE: readonly Fault[] = [
  {
    name: 'Ctrl-C a second time, while the first one is cleaned up after, ends it at once',
    files: {'s.sql': GATE},
    gated: true,
    tapped: true,
    args: ['setup', '--schema-file', 's.sql'],
    during: async ({atGate, child, tap}) => {
      await atGate()
      const cleaning = tap.hold(/DROP DATABASE/)
      child.kill('SIGINT')
      await cleaning
      child.kill('SIGINT')
    },
    sees: {exit: 130, stderr: STEPS.schema},
    leaves: [/^\.new-/],
    silently: true,
    within: 1,
    forms: ['words'],
  },
  {
    name: 'Ctrl-C while a setup that has swapped removes the old database: it is done, and says so',
    tapped: true,
    args: ['setup'],
    during: async ({child, shows, tap}) => {
      const [drop] = await Promise.all([tap.hold(/DROP DATABASE/), shows('✔ swap')])
      // The signal has arrived when the program asks for a statement to be cancelled, on a connection of its own.
      const arrived = tap.atConnection(1, () => {})
      child.kill('SIGINT')
      await arrived
      drop()
    },
    sees: {
      exit: 0,
      stderr:
        '✔ create … ms\n✔ schema … ms\n✔ seed … ms\n✔ migrate … ms\n✔ swap … ms\n✔ drop-previous … ms\n',
      stdout: 'the database "{database}" is ready\n',
    },
    changes: ['{database}'],
    within: 3,
  },
]

const [first] = SIGNALS
export const signalFaults = {
  title: 'Signals',
  faults: [
    ...SIGNALS.flatMap((signal) => EACH.map((moment) => interrupted(moment, signal))),
    ...ONCE.map((moment) => interrupted(moment, first)),
    ...TWICE,
  ],
}
