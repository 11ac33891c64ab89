import type {Fault} from '../fault.js'
import type {Scene} from '../scene.js'
import type {Link} from '../tap.js'
import {STEPS} from './words.js'

const setup = ['setup']
const LOST = `⋮
Error: the connection to {host} was lost: …
  → …
`
const lost = (steps: string) => ({exit: 3, code: 'CONNECTION_LOST', stderr: steps + LOST}) as const

const cut = (link: Link): void => link.cut()
const cutAt = (message: RegExp) => (scene: Scene) => scene.tap.at(message, cut)

/** A network that resets the connection. */
const RESETS: readonly Fault[] = [
  {
    name: 'the connection is reset as soon as it is made',
    tapped: true,
    args: setup,
    during: async ({tap}) => {
      await Promise.all([tap.atConnection(1, cut), tap.atConnection(2, cut)])
    },
    sees: {
      exit: 3,
      code: 'CONNECT_FAILED',
      stderr: '⋮\nError: cannot connect to {host}: …\n  → …\n',
    },
  },
  {
    name: 'the connection is reset at the login',
    tapped: true,
    args: setup,
    during: cutAt(/user\0/),
    sees: {
      exit: 3,
      code: 'CONNECT_FAILED',
      stderr: '⋮\nError: cannot connect to {host}: …\n  → …\n',
    },
  },
  {
    name: 'the connection is reset when a setup creates its database',
    tapped: true,
    args: setup,
    during: cutAt(/CREATE DATABASE/),
    sees: lost(STEPS.create),
  },
  {
    name: 'the connection is reset in the middle of the schema',
    tapped: true,
    args: setup,
    during: cutAt(/CREATE TABLE/),
    sees: lost(STEPS.schema),
  },
  {
    name: 'the connection is reset in the middle of the seed',
    tapped: true,
    args: setup,
    during: cutAt(/INSERT INTO/),
    sees: lost(STEPS.seed),
  },
  {
    name: 'the connection is reset when a setup is about to swap',
    tapped: true,
    args: setup,
    during: cutAt(/RENAME TO/),
    sees: lost(STEPS.swap),
  },
  {
    name: 'the connection is reset when a seed is about to COMMIT',
    files: {'s.sql': 'DELETE FROM letters;\n'},
    tapped: true,
    args: ['seed', '--seed-file', 's.sql'],
    during: cutAt(/COMMIT/),
    sees: {
      exit: 3,
      code: 'CONNECTION_LOST',
      stderr: `Error: s.sql: the connection was lost at COMMIT, and nothing was kept: …
  → check that the server runs, then try again
`,
    },
  },
  {
    name: 'the connection is reset when a drop is about to drop',
    tapped: true,
    args: ['drop'],
    during: cutAt(/DROP DATABASE/),
    sees: {exit: 3, code: 'CONNECTION_LOST', stderr: LOST},
  },
  {
    name: 'the connection is reset before a forced drop drops',
    tapped: true,
    args: ['drop', '--force'],
    during: cutAt(/DROP DATABASE/),
    sees: {exit: 3, code: 'CONNECTION_LOST', stderr: LOST},
  },
]

/** What the server has done is done, and is told as it is. */
const ANSWERS: readonly Fault[] = [
  {
    name: 'the swap’s answer is lost: the new database is in its place, and that is said',
    tapped: true,
    args: setup,
    during: ({tap}) => tap.afterwards(/RENAME TO/, cut),
    sees: {
      exit: 0,
      stderr:
        '✔ create … ms\n✔ schema … ms\n✔ seed … ms\n✔ migrate … ms\n✔ swap … ms\n✔ drop-previous … ms\n',
      stdout: 'the database "{database}" is ready\n',
    },
    changes: ['{database}'],
  },
  {
    name: 'the connection is reset while the old database is removed: it is tried again',
    tapped: true,
    args: setup,
    during: async ({shows, tap}) => {
      let drop = (): void => {}
      await tap.at(/RENAME TO/, (link) => {
        drop = link.cut
      })
      await shows('✔ swap')
      drop()
    },
    sees: {
      exit: 0,
      stderr:
        '✔ create … ms\n✔ schema … ms\n✔ seed … ms\n✔ migrate … ms\n✔ swap … ms\n✔ drop-previous … ms\n',
      stdout: 'the database "{database}" is ready\n',
    },
    changes: ['{database}'],
  },
]

export const resetFaults = {title: 'A connection that is reset', faults: [...RESETS, ...ANSWERS]}
