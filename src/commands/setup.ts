import {Flags} from '@oclif/core'
import {DatabaseCommand} from '../lib/cli/base.js'
import {checkConsent, confirmFlag, requireConsent} from '../lib/cli/consent.js'
import {loadFiles, nameFiles, readFiles, schemaFileFlag} from '../lib/cli/files.js'
import {askYes} from '../lib/cli/prompt.js'
import {Steps} from '../lib/cli/steps.js'
import {CruddurError} from '../lib/error.js'
import {rebuildDatabase} from '../lib/postgres/rebuild.js'
import {isStdin} from '../lib/sql/pipe.js'
import {checkStdin} from '../lib/sql/script.js'
import {type Target, type TargetJson, targetJson} from '../lib/target/target.js'

interface SetupResult {
  target: TargetJson
  replaced: boolean
  previous: string | null
  seeded: boolean
  steps: {step: string; ms: number}[]
}

interface SeedFlags {
  seed?: boolean
  'schema-file'?: string | undefined
  'seed-file'?: string | undefined
  confirm?: string | undefined
}

export default class Setup extends DatabaseCommand {
  static override summary = 'Build the database anew: create it, load the schema, seed it.'
  static override description =
    'The new database is built beside the old one and takes its place in one step at the end; whatever fails before that leaves the old one as it was. In production it is seeded only on a second yes, or with --seed.'
  static override examples = [
    '<%= config.bin %> setup',
    '<%= config.bin %> setup --no-seed --force',
    '<%= config.bin %> setup --prod --keep-previous',
  ]
  static override flags = {
    confirm: confirmFlag,
    force: Flags.boolean({summary: 'End the sessions that use the old database.'}),
    'keep-previous': Flags.boolean({summary: 'Keep the old database under a dated name.'}),
    'schema-file': schemaFileFlag,
    seed: Flags.boolean({allowNo: true, summary: 'Load the seed; in production only if given.'}),
    'seed-file': Flags.string({
      helpValue: 'FILE',
      summary: 'Run FILE (- for standard input) instead of db/seed.sql.',
    }),
  }

  async run(): Promise<SetupResult> {
    const {flags} = await this.parse(Setup)
    const target = await this.target(flags)
    const root = this.config.root
    const whole = {transaction: true, database: target.database, signal: this.signal}
    this.#checkSeedFile(target, flags)
    const fate = flags['keep-previous'] ? 'keep' : 'drop'
    const request = {
      act: `rebuild the database and ${fate} the old one`,
      confirm: flags.confirm,
      stdinTaken: [flags['schema-file'], flags['seed-file']].some((name = '') => isStdin(name)),
    }
    checkConsent(target, request)
    const schemaFiles = nameFiles('schema.sql', [flags['schema-file']], root)
    const schema = await readFiles(schemaFiles.names, whole)
    await requireConsent(target, request, this.signal)
    const seeded = await this.#wantsSeed(target, flags)
    const seedFiles = seeded && nameFiles('seed.sql', [flags['seed-file']], root)
    const seed = seedFiles && (await readFiles(seedFiles.names, whole))

    const connection = this.connection(flags)
    const steps = new Steps()
    const step = steps.run.bind(steps)
    const {replaced, previous} = await rebuildDatabase(target, {
      ...connection,
      force: flags.force,
      keepPrevious: flags['keep-previous'],
      step,
      onNote: (note) => this.note(note),
      fill: async (built) => {
        await step('schema', () => loadFiles(built, schema, connection))
        if (seed) await step('seed', () => loadFiles(built, seed, connection))
      },
    })
    const old = previous === null ? '' : `; the previous one is now "${previous}"`
    this.say(`the database "${target.database}" is ready${old}`)
    return {target: targetJson(target), replaced, previous, seeded, steps: steps.done}
  }

  /** A file that would not be run is a mistake, not something to pass over. */
  #checkSeedFile(target: Target, flags: SeedFlags): void {
    checkStdin([flags['schema-file'], flags['seed-file']])
    if (flags['seed-file'] === undefined || flags.seed) return
    if (flags.seed === undefined && (!target.production || flags.confirm === undefined)) return
    const cure = flags.seed === false ? 'leave one of them out' : 'add --seed'
    throw new CruddurError('USAGE', '--seed-file is given, but nothing would be seeded', {
      exit: 2,
      hint: cure,
    })
  }

  async #wantsSeed(target: Target, flags: SeedFlags): Promise<boolean> {
    if (flags.seed !== undefined) return flags.seed
    if (!target.production) return true
    return flags.confirm === undefined && askYes('Load the seed into production too?', this.signal)
  }
}
