import {appendFileSync, rmSync} from 'node:fs'
import {join} from 'node:path'
import {type Fault, GATE} from '../fault.js'
import {STEPS} from './words.js'

/** Files that are not what they were when they were checked. */
const CHANGING: readonly Fault[] = [
  {
    name: 'the seed file is removed while the schema loads',
    files: {'s.sql': GATE, 'seed.sql': 'SELECT 1;\n'},
    gated: true,
    args: ['setup', '--schema-file', 's.sql', '--seed-file', 'seed.sql'],
    during: async ({atGate, folder, openGate}) => {
      await atGate()
      rmSync(join(folder, 'seed.sql'))
      await openGate()
    },
    sees: {
      exit: 2,
      code: 'FILE_NOT_FOUND',
      stderr: `${STEPS.seed}Error: there is no file seed.sql\n  → check the path, taken from {folder}\n`,
    },
  },
  {
    name: 'the seed file grows while it is loaded',
    files: {
      's.sql': `DELETE FROM letters;\n${GATE}${`${'-- '.padEnd(99, '.')}\nSELECT 1;\n`.repeat(20_000)}`,
    },
    gated: true,
    args: ['seed', '--seed-file', 's.sql'],
    during: async ({atGate, folder, openGate}) => {
      await atGate()
      appendFileSync(join(folder, 's.sql'), 'SELECT 2;\n')
      await openGate()
    },
    sees: {
      exit: 1,
      code: 'FILE_CHANGED',
      stderr:
        'Error: s.sql was changed while it was being read\n  → run it again once nothing writes to it\n',
    },
  },
]

export const sqlChangingFaults = {title: 'SQL files that change', faults: CHANGING}
