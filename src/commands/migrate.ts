import {Flags} from '@oclif/core'
import {dryRunFlag} from '../lib/cli/agree.js'
import {confirmFlag} from '../lib/cli/consent.js'
import {MigrationCommand, type MigrationDryRun} from '../lib/cli/migration-command.js'
import {type MigrationJson, migrateLines} from '../lib/cli/migration-report.js'
import {toMigrate} from '../lib/migrations/decide.js'
import type {TargetJson} from '../lib/target/target.js'

interface MigrateResult {
  target: TargetJson
  ran: (MigrationJson & {ms: number})[]
  /** Recorded as applied without being run. */
  marked: string[]
  pending: number
}

export default class Migrate extends MigrationCommand {
  static override summary = 'Run the migrations in db/migrations that the database has not had.'
  static override description =
    'Each runs in one transaction, or, with "-- migrate:up transaction:false", statement by statement, and is recorded in public.cruddur_migrations. One migrate at a time works on a database; the next one waits.'
  static override examples = [
    {description: 'All that are pending:', command: '<%= config.bin %> migrate'},
    {
      description: 'What that would run, touching nothing:',
      command: '<%= config.bin %> migrate --dry-run',
    },
    {
      description: 'Up to one of them:',
      command: '<%= config.bin %> migrate --to 0001',
    },
    {
      description: 'A database that has it already:',
      command: '<%= config.bin %> migrate --mark-applied 0001',
    },
    {
      description: 'Production, in a script, which cannot be asked:',
      command: '<%= config.bin %> migrate --prod --confirm cruddur',
    },
  ]
  static override flags = {
    confirm: confirmFlag,
    'dry-run': dryRunFlag,
    'mark-applied': Flags.string({
      exclusive: ['out-of-order', 'to'],
      helpValue: 'NAME',
      multiple: true,
      multipleNonGreedy: true,
      summary: 'Record this one as applied, as its file is now, and run nothing; may be repeated.',
    }),
    'out-of-order': Flags.boolean({
      summary: 'Also run those whose number is below one that is applied.',
    }),
    to: Flags.string({helpValue: 'NAME', summary: 'Run no further than this one.'}),
  }

  async run(): Promise<MigrateResult | MigrationDryRun> {
    const {flags} = await this.parse(Migrate)
    const acted = await this.act(flags, {
      verb: 'migrate',
      did: 'ran',
      decide: (command) =>
        toMigrate({
          to: flags.to,
          outOfOrder: flags['out-of-order'],
          markApplied: flags['mark-applied'] ?? [],
          command,
        }),
      lines: migrateLines,
    })
    if ('plan' in acted) return acted
    const {target, done, marked, pending} = acted
    return {target, ran: done, marked, pending}
  }
}
