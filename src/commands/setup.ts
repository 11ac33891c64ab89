import {Flags} from '@oclif/core'
import {namedUserPool, type UserPool} from '../lib/aws/cognito-pool.js'
import {agree, type DryRunResult, dryRunFlag, isPlanned} from '../lib/cli/agree.js'
import {DatabaseCommand} from '../lib/cli/base.js'
import {checkConsent, confirmFlag} from '../lib/cli/consent.js'
import {schemaFileFlag, scriptStep} from '../lib/cli/files.js'
import {ranJson} from '../lib/cli/migration-report.js'
import {buildDatabase} from '../lib/cli/setup-build.js'
import {checkSeedFile, seedSteps, setupFiles, wantsSeed} from '../lib/cli/setup-files.js'
import {migrationSteps} from '../lib/cli/setup-migrations.js'
import {setupPlan} from '../lib/cli/setup-plan.js'
import {userIdsStep} from '../lib/cli/setup-user-ids.js'
import {style} from '../lib/cli/style.js'
import type {UserIdsUpdate} from '../lib/cognito/user-ids.js'
import {ambiguityWarning} from '../lib/cognito/words.js'
import {plural} from '../lib/plural.js'
import type {Survey} from '../lib/postgres/survey.js'
import {targetFlags} from '../lib/target/again.js'
import {type TargetJson, targetJson} from '../lib/target/target.js'
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
    checkSeedFile(named, flags)
    const {root: packageRoot} = this.config
    const files = setupFiles(flags, {database, packageRoot, signal: this.signal})
    const consent = {
      act: `rebuild the database and ${keepPrevious ? 'keep' : 'drop'} the old one`,
      confirm: flags.confirm,
      stdinTaken: files.stdinTaken,
    }
    if (!dryRun) checkConsent(named, consent)
    if (files.piped || isPlanned(named, {...consent, dryRun})) await files.schema()
    const plan = async (survey: Survey) => {
      const fills = [
        scriptStep(await files.schema()),
        ...seedSteps(named.production || survey.rds, flags, packageRoot),
        ...migrationSteps(await files.migrations()),
      ]
      const afterwards = pool ? [userIdsStep(pool)] : []
      return setupPlan({database, fills, force, keepPrevious, afterwards}, survey)
    }
    const connection = this.connection(flags)
    const agreement = await agree(named, {...consent, dryRun, plan}, connection)
    if (dryRun) return this.planned(agreement)
    const {target, verify} = agreement
    checkSeedFile(target, flags)
    const seeded = await wantsSeed(target, flags, this.signal)
    if (seeded && files.piped) await files.seed()
    for (const warning of (await files.migrations()).warnings) this.#remark(warning)
    const built = await buildDatabase(target, {
      files,
      seeded,
      force,
      keepPrevious,
      named: pool && {pool, env, flags: targetFlags(flags)},
      connection,
      verify,
      quiet: this.quiet,
      onNote: (note) => this.#remark(note),
    })
    const {migrated, previous, replaced, steps, userIds} = built
    this.#sayReady(database, previous, userIds)
    return {
      target: targetJson(target),
      replaced,
      previous,
      seeded,
      migrated: ranJson(migrated),
      ...(pool && userIds ? {userPool: pool, ...userIds} : {}),
      steps: [...steps],
    }
  }

  #sayReady(database: string, previous: string | null, userIds: UserIdsUpdate | undefined): void {
    const warning = userIds && ambiguityWarning(userIds.difference)
    if (warning !== undefined) this.#remark(warning)
    const ids = userIds ? `; ${plural(userIds.updated, 'Cognito id')} set` : ''
    const old = previous === null ? '' : `; the previous one is now "${previous}"`
    this.say(`the database "${database}" is ready${ids}${old}`)
  }

  /** What was found or is left behind: also with --quiet. */
  #remark(text: string): void {
    this.tell(style.dim(printable(text)))
  }
}
