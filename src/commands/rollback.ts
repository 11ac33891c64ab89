import {Flags} from '@oclif/core'
import {dryRunFlag} from '../lib/cli/agree.js'
import {confirmFlag} from '../lib/cli/consent.js'
import {MigrationCommand, type MigrationDryRun} from '../lib/cli/migration-command.js'
import {type MigrationJson, rollbackLines} from '../lib/cli/migration-report.js'
import {toRollBack} from '../lib/migrations/decide.js'
import type {TargetJson} from '../lib/target/target.js'

interface RollbackResult {
  target: TargetJson
  rolledBack: (MigrationJson & {ms: number})[]
  /** Recorded as not applied without anything being run. */
  marked: string[]
  pending: number
}

export default class Rollback extends MigrationCommand {
  static override summary = 'Take the last migration back, by its down part.'
  static override description =
    'The one with the highest number that is applied. Each is taken back whole or not at all, unless its down part says transaction:false. Where one of them has no down part, none is taken back.'
  static override examples = [
    {description: 'The last one:', command: '<%= config.bin %> rollback'},
    {
      description: 'What that would run, touching nothing:',
      command: '<%= config.bin %> rollback --dry-run',
    },
    {description: 'The last three:', command: '<%= config.bin %> rollback --steps 3'},
    {description: 'All behind one, which stays:', command: '<%= config.bin %> rollback --to 0001'},
    {
      description: 'One that was undone by hand:',
      command: '<%= config.bin %> rollback --mark-rolled-back 0001',
    },
  ]
  static override flags = {
    confirm: confirmFlag,
    'dry-run': dryRunFlag,
    'mark-rolled-back': Flags.string({
      exclusive: ['steps', 'to'],
      helpValue: 'NAME',
      multiple: true,
      multipleNonGreedy: true,
      summary: 'Take the record of this one away, and run nothing; may be repeated.',
    }),
    steps: Flags.integer({
      exclusive: ['to'],
      helpValue: 'N',
      min: 1,
      summary: 'Take back the last N; 1 unless told.',
    }),
    to: Flags.string({
      helpValue: 'NAME',
      summary: 'Take back all that are applied behind this one, which stays.',
    }),
  }

  async run(): Promise<RollbackResult | MigrationDryRun> {
    const {flags} = await this.parse(Rollback)
    const acted = await this.act(flags, {
      verb: 'rollback',
      did: 'rolled back',
      decide: (command) =>
        toRollBack({
          steps: flags.steps,
          to: flags.to,
          markRolledBack: flags['mark-rolled-back'] ?? [],
          command,
        }),
      lines: rollbackLines,
    })
    if ('plan' in acted) return acted
    const {target, done, marked, pending} = acted
    return {target, rolledBack: done, marked, pending}
  }
}
