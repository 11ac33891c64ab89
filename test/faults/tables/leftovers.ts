import {temporaryName} from '../../../src/lib/postgres/rebuild/names.js'
import type {Fault} from '../fault.js'
import type {Scene} from '../scene.js'

const setup = ['setup', '--no-seed']
const READY = {exit: 0, stdout: 'the database "{database}" is ready\n'} as const
const STEPS = '✔ create … ms\n✔ schema … ms\n✔ migrate … ms\n✔ swap … ms\n✔ drop-previous … ms\n'

/**
 * A database beside the old one.
 *
 * @param comment what setup marks its own with, or not
 */
const beside =
  (comment: string | null, nameOf: (database: string) => string) =>
  async ({database, query, say}: Scene): Promise<string> => {
    const name = nameOf(database)
    say('left', name)
    await query('CREATE DATABASE "{left}"', 'postgres')
    await query('CREATE TABLE theirs AS SELECT 1 AS n', name)
    if (comment !== null) await query(`COMMENT ON DATABASE "{left}" IS '${comment}'`)
    return name
  }

const ofSetup = (database: string): string => temporaryName(database, 'new')
const ofAnother = (database: string): string => temporaryName(`${database}_two`, 'old')
const MARKED = 'cruddur-db setup: being built'

export const leftoverFaults = {
  title: 'What looks like left over',
  faults: [
    {
      name: 'somebody’s own database has the name of what a setup leaves: the next setup keeps it',
      arrange: async (scene) => void (await beside(null, ofSetup)(scene)) as undefined,
      args: setup,
      sees: {
        ...READY,
        stderr: `"{left}" has the name of what an unfinished setup leaves, but is not marked as its own: it was not removed\n${STEPS}`,
      },
      changes: ['{database}'],
    },
    {
      name: 'what a killed setup left is in use: the next setup keeps it',
      arrange: async (scene) => {
        await scene.hold(await beside(MARKED, ofSetup)(scene))
        return undefined
      },
      args: setup,
      sees: {
        ...READY,
        stderr: `"{left}" has the name of what an unfinished setup leaves, but is in use: it was not removed\n${STEPS}`,
      },
      changes: ['{database}'],
    },
    {
      name: 'the setup of another database has left something: it is not this one’s',
      arrange: async (scene) => void (await beside(MARKED, ofAnother)(scene)) as undefined,
      args: setup,
      sees: {...READY, stderr: STEPS},
      changes: ['{database}'],
    },
    {
      name: 'the setup of another database has left something: a drop does not touch it',
      arrange: async (scene) => void (await beside(MARKED, ofAnother)(scene)) as undefined,
      args: ['drop'],
      sees: {exit: 0, stderr: '', stdout: 'dropped the database "{database}"\n'},
      changes: ['{database}'],
    },
  ] satisfies Fault[],
}
