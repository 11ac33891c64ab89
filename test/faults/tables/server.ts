import {type Fault, GATE} from '../fault.js'
import type {Scene} from '../scene.js'
import {STEPS} from './words.js'

const files = {'s.sql': GATE}
const setup = ['setup', '--no-seed', '--schema-file', 's.sql']
const seed = ['seed', '--seed-file', 's.sql']

/** The server says goodbye to each session, or has no time for that. */
export const lost = (steps = ''): string => `${steps.replaceAll('\n', '\n⋮\n')}⋮
Error: the connection to {host} was lost: …
⋮
`

export const atGate =
  (act: (scene: Scene) => Promise<unknown> | unknown) => async (scene: Scene) => {
    await scene.atGate()
    await act(scene)
  }

/** Ends the backends that fit, by the server's own function or as a crash does. */
export const endBackends =
  (condition: string, how: 'terminate' | 'kill') =>
  async ({query}: Scene): Promise<void> => {
    const backends = `FROM pg_stat_activity WHERE starts_with(usename, '{database}') AND ${condition}`
    if (how === 'terminate') {
      await query(`SELECT pg_terminate_backend(pid) ${backends}`, 'postgres')
      return
    }
    for (const {pid} of await query(`SELECT pid ${backends}`, 'postgres'))
      process.kill(pid, 'SIGKILL')
  }
const LOADING = `datname LIKE '{database}%' AND application_name LIKE 'cruddur-db %'`

const restart = async ({own}: Scene): Promise<() => Promise<void>> => own.start

/** Takes all connections there are. */
const takeAll = async ({hold}: Scene): Promise<void> => {
  for (;;) {
    try {
      await hold('postgres')
    } catch (error) {
      if ((error as {code?: string}).code === '53300') return
      throw error
    }
  }
}

const ENDS: readonly Fault[] = [
  {
    name: 'the server is stopped at once (immediate) while a setup loads',
    files,
    gated: true,
    arrange: restart,
    args: setup,
    during: atGate(({own}) => own.kill('SIGQUIT')),
    sees: {exit: 3, code: 'CONNECTION_LOST', stderr: lost(STEPS.schema)},
    leaves: [/^\.new-/],
  },
  {
    name: 'the server is stopped while a setup loads',
    files,
    gated: true,
    arrange: restart,
    args: setup,
    during: atGate(({own}) => own.stop()),
    sees: {exit: 3, code: 'CONNECTION_LOST', stderr: lost(STEPS.schema)},
    leaves: [/^\.new-/],
  },
  {
    name: 'the server is killed (kill -9) while a seed is loaded',
    files: {'s.sql': `DELETE FROM letters;\n${GATE}`},
    gated: true,
    arrange: restart,
    args: seed,
    during: atGate(({own}) => own.kill('SIGKILL')),
    sees: {exit: 3, code: 'CONNECTION_LOST', stderr: lost()},
  },
  {
    name: 'one process of the server crashes (kill -9), and it ends them all, while a setup loads',
    files,
    gated: true,
    arrange: restart,
    args: setup,
    during: atGate(endBackends(LOADING, 'kill')),
    sees: {exit: 3, code: 'CONNECTION_LOST', stderr: lost(STEPS.schema)},
    leaves: [/^\.new-/],
    perhaps: true,
  },
  {
    name: 'somebody ends the session that loads a setup',
    files,
    gated: true,
    args: setup,
    during: atGate(endBackends(LOADING, 'terminate')),
    sees: {exit: 3, code: 'CONNECTION_LOST', stderr: lost(STEPS.schema)},
  },
  {
    name: 'somebody ends the session in which a setup is to swap',
    files,
    gated: true,
    args: setup,
    during: atGate(async (scene) => {
      await endBackends(`datname IN ('postgres', 'template1')`, 'terminate')(scene)
      await scene.openGate()
    }),
    sees: {exit: 3, code: 'CONNECTION_LOST', stderr: lost('✔ create … ms\n')},
  },
  {
    name: 'the server restarts when a setup is about to swap',
    files: {'s.sql': 'CREATE TABLE made (n int);\n'},
    tapped: true,
    args: setup,
    during: ({own, tap}) =>
      tap.at(/RENAME TO/, async () => {
        const refused = tap.refused()
        await own.stop()
        // What came of the swap is asked of a server that is not there for a while.
        await refused
        await own.start()
      }),
    sees: {exit: 3, code: 'CONNECTION_LOST', stderr: lost(STEPS.unseededSwap)},
    within: 15,
  },
]

const FULL: readonly Fault[] = [
  {
    name: 'all connections of the server are taken',
    arrange: async (scene) => {
      await scene.look()
      await takeAll(scene)
      return undefined
    },
    args: ['setup'],
    sees: {
      exit: 3,
      code: 'TOO_MANY_CONNECTIONS',
      stderr:
        'Error: {host} has no connection left: sorry, too many clients already\n  → …\n  SQLSTATE 53300\n',
    },
  },
  {
    name: 'the last connections are taken while a setup loads',
    files: {'s.sql': `${GATE}SELECT 1/0;\n`},
    gated: true,
    args: setup,
    during: atGate(async (scene) => {
      await takeAll(scene)
      await scene.openGate()
    }),
    sees: {
      exit: 1,
      code: 'SQL_ERROR',
      stderr: `${STEPS.schema}⋮
Error: s.sql:6:1: division by zero
⋮
`,
    },
  },
]

export const serverFaults = {title: 'The server', faults: [...ENDS, ...FULL]}
