import {Flags} from '@oclif/core'
import {agree, type DryRunResult, dryRunFlag} from '../lib/cli/agree.js'
import {DatabaseCommand} from '../lib/cli/base.js'
import {checkConsent, confirmFlag} from '../lib/cli/consent.js'
import {
  inOneTransaction,
  nameFiles,
  readFiles,
  schemaFileFlag,
  scriptStep,
} from '../lib/cli/files.js'
import {fillDatabase} from '../lib/cli/fill.js'
import {askYes} from '../lib/cli/prompt.js'
import {setupPlan} from '../lib/cli/setup-plan.js'
import {Steps} from '../lib/cli/steps.js'
import {CruddurError} from '../lib/error.js'
import {rebuildDatabase} from '../lib/postgres/rebuild/rebuild.js'
import type {Survey} from '../lib/postgres/survey.js'
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
    '<%= config.bin %> setup --prod --dry-run',
    '<%= config.bin %> setup --prod --keep-previous',
  ]
  static override flags = {
    confirm: confirmFlag,
    'dry-run': dryRunFlag,
    force: Flags.boolean({summary: 'End the sessions that use the old database.'}),
    'keep-previous': Flags.boolean({summary: 'Keep the old database under a dated name.'}),
    'schema-file': schemaFileFlag,
    seed: Flags.boolean({allowNo: true, summary: 'Load the seed; in production only if given.'}),
    'seed-file': Flags.string({
      helpValue: 'FILE',
      summary: 'Run FILE (- for standard input) instead of db/seed.sql.',
    }),
  }

  async run(): Promise<SetupResult | DryRunResult> {
    const {flags} = await this.parse(Setup)
    const {force, 'dry-run': dryRun, 'keep-previous': keepPrevious} = flags
    const named = await this.target(flags)
    const {database} = named
    const whole = {transaction: true, database, signal: this.signal}
    this.#checkSeedFile(named, flags)
    const consent = {
      act: `rebuild the database and ${keepPrevious ? 'keep' : 'drop'} the old one`,
      confirm: flags.confirm,
      stdinTaken: [flags['schema-file'], flags['seed-file']].some((name = '') => isStdin(name)),
    }
    if (!dryRun) checkConsent(named, consent)
    const read = async (fallback: 'schema.sql' | 'seed.sql', given: string | undefined) =>
      inOneTransaction(() => readFiles(nameFiles(fallback, [given], this.config.root).names, whole))
    const schema = await read('schema.sql', flags['schema-file'])
    const connection = this.connection(flags)
    const plan = (survey: Survey) => {
      const fills = [scriptStep(schema), ...this.#seedSteps(named.production || survey.rds, flags)]
      return setupPlan({database, fills, force, keepPrevious}, survey)
    }
    const agreement = await agree(named, {...consent, dryRun, plan}, connection)
    if (dryRun) return this.planned(agreement)
    const {target, verify} = agreement
    this.#checkSeedFile(target, flags)
    const seeded = await this.#wantsSeed(target, flags)
    const seed = seeded && (await read('seed.sql', flags['seed-file']))

    const fillings = [
      {step: 'schema', script: schema},
      ...(seed ? [{step: 'seed', script: seed}] : []),
    ]
    const steps = new Steps()
    const step = steps.run.bind(steps)
    const {replaced, previous} = await rebuildDatabase(target, {
      ...connection,
      force,
      keepPrevious,
      verify,
      step,
      onNote: (note) => this.note(note),
      fill: (built, way) =>
        inOneTransaction(() => fillDatabase(built, fillings, {connection, way, step})),
    })
    const old = previous === null ? '' : `; the previous one is now "${previous}"`
    this.say(`the database "${database}" is ready${old}`)
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

  /** The step of the plan that seeds; in production the question comes behind the plan. */
  #seedSteps(production: boolean, flags: SeedFlags): string[] {
    const asked = production && flags.seed === undefined
    if (flags.seed === false || (asked && flags.confirm !== undefined)) return []
    const {paths} = nameFiles('seed.sql', [flags['seed-file']], this.config.root)
    return [`run ${paths.join(', ')}${asked ? ', if you say yes to that too' : ''}`]
  }

  async #wantsSeed(target: Target, flags: SeedFlags): Promise<boolean> {
    if (flags.seed !== undefined) return flags.seed
    if (!target.production) return true
    return flags.confirm === undefined && askYes('Load the seed into production too?', this.signal)
  }
}
