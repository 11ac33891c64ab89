import type {Decide} from '../migrations/decide.js'
import type {MigrationFolder} from '../migrations/folder.js'
import type {MigrationResult} from '../migrations/run.js'
import {type CommandLine, commandFor} from '../target/again.js'
import {type TargetJson, targetJson} from '../target/target.js'
import {printable} from '../target/text.js'
import type {DryRunResult} from './agree.js'
import {DatabaseCommand, type TargetFlags} from './base.js'
import type {Verb} from './migration-plan.js'
import {type MigrationJson, pendingIn, ranJson, sqlJson, sqlLines} from './migration-report.js'
import {migrateWithConsent} from './migrations.js'
import {style} from './style.js'

export type MigrationDryRun = DryRunResult & {migrations: MigrationJson[]}

/** What has been done, as JSON has it. */
interface Acted {
  target: TargetJson
  done: (MigrationJson & {ms: number})[]
  /** Labels of those whose record alone was changed. */
  marked: string[]
  pending: number
}

interface Acting {
  verb: Verb
  decide: (command: CommandLine) => Decide
  /** What is said of one that is done: `ran FILE in 3 ms`. */
  did: string
  /** What is said in the end. */
  lines: (result: MigrationResult, folder: MigrationFolder) => readonly string[]
}

/** A command that runs parts of migrations, with consent. */
export abstract class MigrationCommand extends DatabaseCommand {
  protected async act(
    flags: TargetFlags & {confirm?: string | undefined; 'dry-run': boolean},
    {decide, did, lines, verb}: Acting,
  ): Promise<Acted | MigrationDryRun> {
    const named = await this.target(flags)
    const command = commandFor(flags)
    const request = {
      verb,
      command,
      decide: decide(command),
      packageRoot: this.config.root,
      confirm: flags.confirm,
      dryRun: flags['dry-run'],
      quiet: this.quiet,
      onDone: ({ms, step}: MigrationResult['done'][number]) =>
        this.say(`${did} ${step.migration.path} in ${ms} ms`),
      onNote: (note: string) => this.tell(style.dim(printable(note))),
    }
    const run = await migrateWithConsent(named, request, this.connection(flags))
    const {agreement, folder, planned, result} = run
    if (!result) {
      const plan = await this.planned(agreement)
      for (const line of sqlLines(planned)) this.log(line.split('\t').map(printable).join('\t'))
      return {...plan, migrations: sqlJson(planned)}
    }
    const {done, marked, statuses} = result
    for (const line of lines(result, folder)) this.say(line)
    return {
      target: targetJson(agreement.target),
      done: ranJson(done),
      marked: marked.map(({label}) => label),
      pending: pendingIn(statuses),
    }
  }
}
