import {Flags} from '@oclif/core'
import {namedUserPool, type UserPool} from '../lib/aws/cognito-pool.js'
import {agree, type DryRunResult, dryRunFlag, isPlanned} from '../lib/cli/agree.js'
import {alongside} from '../lib/cli/alongside.js'
import {DatabaseCommand} from '../lib/cli/base.js'
import {checkConsent, confirmFlag} from '../lib/cli/consent.js'
import {
  type FileConnection,
  inOneTransaction,
  nameFiles,
  readFiles,
  schemaFileFlag,
  scriptStep,
} from '../lib/cli/files.js'
import {fillDatabase} from '../lib/cli/fill.js'
import {ranJson} from '../lib/cli/migration-report.js'
import {askYes} from '../lib/cli/prompt.js'
import {migrationFillings, migrationSteps, setupMigrations} from '../lib/cli/setup-migrations.js'
import {setupPlan} from '../lib/cli/setup-plan.js'
import {setUserIds, userIdsStep} from '../lib/cli/setup-user-ids.js'
import {openSteps, type Steps} from '../lib/cli/steps.js'
import {style} from '../lib/cli/style.js'
import type {UserIdsUpdate} from '../lib/cognito/user-ids.js'
import {ambiguityWarning} from '../lib/cognito/words.js'
import {CruddurError} from '../lib/error.js'
import type {Done} from '../lib/migrations/run.js'
import {plural} from '../lib/plural.js'
import {rebuildDatabase} from '../lib/postgres/rebuild/rebuild.js'
import type {Survey} from '../lib/postgres/survey.js'
import {isPipe, isStdin} from '../lib/sql/pipe.js'
import {checkStdin, type Script} from '../lib/sql/script.js'
import {targetFlags} from '../lib/target/again.js'
import {type Target, type TargetJson, targetJson} from '../lib/target/target.js'
import {printable} from '../lib/target/text.js'

interface SetupResult extends Partial<UserIdsUpdate> {
  target: TargetJson
  replaced: boolean
  previous: string | null
  seeded: boolean
  migrated: ReturnType<typeof ranJson>
  /** With those of {@link UserIdsUpdate}: the ids that were set, where a user pool is named. */
  userPool?: UserPool
  steps: {step: string; ms: number}[]
}

interface SeedFlags {
  seed?: boolean
  'schema-file'?: string | undefined
  'seed-file'?: string | undefined
  confirm?: string | undefined
}

export default class Setup extends DatabaseCommand {
  static override summary =
    'Build the database anew: create it, load the schema, seed it, migrate it.'
  static override description =
    'The new database is built beside the old one and takes its place in one step at the end; whatever fails before that leaves the old one as it was. In production it is seeded only on a second yes, or with --seed.'
  static override examples = [
    {description: 'The database anew, with schema and seed:', command: '<%= config.bin %> setup'},
    {
      description: 'Without the seed, and whoever is connected:',
      command: '<%= config.bin %> setup --no-seed --force',
    },
    {
      description: 'From other files:',
      command: '<%= config.bin %> setup --schema-file db/schema.sql --seed-file db/seed.sql',
    },
    {
      description: 'What it would do to production, touching nothing:',
      command: '<%= config.bin %> setup --prod --dry-run',
    },
    {
      description: 'Production, where the old database is kept under a dated name:',
      command: '<%= config.bin %> setup --prod --keep-previous',
    },
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
    const {env} = this.targetContext(flags)
    const pool = namedUserPool(env)
    const named = await this.target(flags)
    const {database} = named
    this.#checkSeedFile(named, flags)
    const given = [flags['schema-file'], flags['seed-file']]
    const consent = {
      act: `rebuild the database and ${keepPrevious ? 'keep' : 'drop'} the old one`,
      confirm: flags.confirm,
      stdinTaken: given.some((name = '') => isStdin(name)),
    }
    if (!dryRun) checkConsent(named, consent)
    const schema = once(() => this.#read('schema.sql', flags['schema-file'], database))
    const seed = once(() => this.#read('seed.sql', flags['seed-file'], database))
    const migrations = once(() =>
      setupMigrations({
        database,
        defaultSchema: flags['schema-file'] === undefined,
        packageRoot: this.config.root,
        signal: this.signal,
      }),
    )
    // What comes slowly would keep a connection waiting.
    const slow = given.some((name) => name !== undefined && isPipe(name))
    if (slow || isPlanned(named, {...consent, dryRun})) await schema()
    const connection = this.connection(flags)
    const plan = async (survey: Survey) => {
      const production = named.production || survey.rds
      const fills = [
        scriptStep(await schema()),
        ...this.#seedSteps(production, flags),
        ...migrationSteps(await migrations()),
      ]
      const afterwards = pool ? [userIdsStep(pool)] : []
      return setupPlan({database, fills, force, keepPrevious, afterwards}, survey)
    }
    const agreement = await agree(named, {...consent, dryRun, plan}, connection)
    if (dryRun) return this.planned(agreement)
    const {target, verify} = agreement
    this.#checkSeedFile(target, flags)
    const seeded = await this.#wantsSeed(target, flags)
    if (seeded && slow) await seed()
    const folder = await migrations()
    for (const warning of folder.warnings) this.#remark(warning)

    const migrating = folder.migrations.length > 0
    const migrated: Done[] = []
    const onDone = (done: Done): number => migrated.push(done)
    const {signal} = this
    const fillings = async () => [
      {step: 'schema', script: await schema()},
      ...(seeded ? [{step: 'seed', script: await seed()}] : []),
      ...(migrating ? [migrationFillings(folder, onDone)] : []),
    ]
    const optional = [...(seeded ? ['seed'] : []), ...(migrating ? ['migrate'] : [])]
    const names = ['create', 'schema', ...optional, 'swap', ...(pool ? ['user-ids'] : [])]
    const steps = openSteps(names, {quiet: this.quiet})
    const shown = above(steps, connection)
    const rebuild = (ready: ReturnType<typeof fillings>, signal: AbortSignal) =>
      rebuildDatabase(target, {
        ...shown,
        signal,
        force,
        keepPrevious,
        verify,
        step: steps.run,
        ready,
        // What was found or is left behind: also with --quiet.
        onNote: (note) => steps.interrupt(() => this.#remark(note)),
        fill: (built, way) =>
          inOneTransaction(async () =>
            fillDatabase(built, await ready, {
              connection: {...shown, signal},
              way,
              step: steps.run,
              openBar: steps.openBar,
            }),
          ),
      })
    const build = async () => {
      const built = await alongside(fillings, rebuild, signal)
      const setting = pool && {
        pool,
        env,
        connection: shown,
        flags: targetFlags(flags),
        steps,
        signal,
      }
      return {...built, userIds: setting && (await setUserIds(target, setting))}
    }
    const {replaced, previous, userIds} = await build().finally(steps.end)
    this.#sayReady(database, previous, userIds)
    return {
      target: targetJson(target),
      replaced,
      previous,
      seeded,
      migrated: ranJson(migrated),
      ...(pool && userIds ? {userPool: pool, ...userIds} : {}),
      steps: [...steps.done],
    }
  }

  #sayReady(database: string, previous: string | null, userIds: UserIdsUpdate | undefined): void {
    const warning = userIds && ambiguityWarning(userIds.difference)
    if (warning !== undefined) this.#remark(warning)
    const ids = userIds ? `; ${plural(userIds.updated, 'Cognito id')} set` : ''
    const old = previous === null ? '' : `; the previous one is now "${previous}"`
    this.say(`the database "${database}" is ready${ids}${old}`)
  }

  #remark(text: string): void {
    this.tell(style.dim(printable(text)))
  }

  #read(
    fallback: 'schema.sql' | 'seed.sql',
    given: string | undefined,
    database: string,
  ): Promise<Script> {
    const options = {transaction: true, database, signal: this.signal}
    const {names} = nameFiles(fallback, [given], this.config.root)
    return inOneTransaction(() => readFiles(names, options))
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

/** A connection's options with which what is remarked stands above the steps. */
function above(steps: Steps, connection: FileConnection): FileConnection {
  const {onEcho, onNotice, onWaiting} = connection
  return {
    ...connection,
    onEcho: (line) => steps.interrupt(() => onEcho(line)),
    onNotice: (...notice) => steps.interrupt(() => onNotice?.(...notice)),
    onWaiting: (reason) => steps.interrupt(() => onWaiting?.(reason)),
  }
}

/** Whoever asks again gets what the first one got. */
function once<T>(fn: () => Promise<T>): () => Promise<T> {
  let begun: Promise<T> | undefined
  return () => (begun ??= fn())
}
