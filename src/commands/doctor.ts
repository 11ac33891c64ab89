import {homedir} from 'node:os'
import {Flags} from '@oclif/core'
import {DatabaseCommand, type TargetFlags} from '../lib/cli/base.js'
import {type LiveLine, openLiveLine} from '../lib/cli/live-line.js'
import {redact} from '../lib/cli/redact.js'
import {style, styleOut} from '../lib/cli/style.js'
import {terminalColumns} from '../lib/cli/terminal.js'
import {diagnose, longestName} from '../lib/doctor/doctor.js'
import type {OuterFacts} from '../lib/doctor/outer/facts.js'
import type {Result} from '../lib/doctor/run.js'
import {type ReportStream, reportStream} from '../lib/doctor/stream.js'
import {limitNameLookups} from '../lib/name-lookup.js'
import {type Target, type TargetContext, type TargetJson, targetJson} from '../lib/target/target.js'

interface DoctorResult {
  target: TargetJson | null
  checks: Result[]
}

export default class Doctor extends DatabaseCommand {
  static override summary = 'Find out what is wrong, and what cures it.'
  static override description =
    'Looks at everything from this machine to what is in the database, layer by layer. Changes nothing unless told to.'
  static override examples = [
    {description: 'What is wrong, and what cures it:', command: '<%= config.bin %> doctor'},
    {
      description: 'Cure what can be cured without losing anything:',
      command: '<%= config.bin %> doctor --fix',
    },
    {description: 'Why production cannot be reached:', command: '<%= config.bin %> doctor --prod'},
    {description: 'The same for a script:', command: '<%= config.bin %> doctor --prod --json'},
  ]
  static override flags = {
    fix: Flags.boolean({
      summary: 'Cure what can be cured without losing anything; never in production.',
    }),
  }

  readonly #closers: (() => Promise<void>)[] = []
  #live: LiveLine | undefined

  async run(): Promise<DoctorResult> {
    const {flags} = await this.parse(Doctor)
    // Node cannot end while it looks a name up.
    limitNameLookups(process.env)
    this.#live = this.quiet ? undefined : openLiveLine()
    const report = this.#report()
    const facts = this.#facts(flags, (target) => {
      this.#above(() => this.tellTarget({...target, warnings: []}))
      report.release()
    })
    const checks = await diagnose(
      facts,
      {
        mayCure: () => flags.fix && !mayBeProduction(facts),
        signal: this.signal,
        onStart: ({name}) => this.#live?.show(`${style.cyan('…')} ${name}`),
        onEnd: (result) => report.add(safe(result)),
      },
      this.#closers,
    ).finally(() => {
      this.#live?.stop()
      report.release()
    })
    report.end(checks.map(safe))
    const target = facts.target ? targetJson(facts.target) : null
    return this.#ended({target, checks: checks.map(safe)})
  }

  /** Not by an error, which would take the place of the report. */
  #ended(result: DoctorResult): DoctorResult {
    if (result.checks.every(({status}) => status !== 'fail')) return result
    if (this.jsonEnabled()) this.logJson(result)
    return this.exit(1)
  }

  /** Writes lines where the live line is. */
  #above(write: () => void): void {
    if (this.#live) this.#live.interrupt(write)
    else write()
  }

  #report(): ReportStream {
    const layout = {columns: terminalColumns(process.stdout), names: longestName, style: styleOut}
    return reportStream(layout, (line) => this.#above(() => this.log(line)))
  }

  protected override note(text: string): void {
    this.#above(() => super.note(text))
  }

  /** Where the file of variables cannot be read, which is a finding, the environment alone is left. */
  #context(flags: TargetFlags): TargetContext {
    try {
      return this.targetContext(flags)
    } catch {
      return {env: {...process.env}, homeDir: homedir(), osUser: ''}
    }
  }

  #facts(flags: TargetFlags, onTarget: (target: Target) => void): OuterFacts {
    const context = this.#context(flags)
    return {
      env: context.env,
      context,
      processEnv: process.env,
      cwd: process.cwd(),
      packageRoot: this.config.root,
      prod: flags.prod,
      flags,
      connection: {...this.connection(flags), signal: this.signal},
      atEnd: (close) => this.#closers.push(close),
      embeddedHome: () => this.embeddedHome(context.env),
      onTarget,
    }
  }
}

/** Also where a variable with its old name would have told which database is production. */
function mayBeProduction({env, prod, target}: OuterFacts): boolean {
  const untold = !env['PROD_CONNECTION_URL'] && Boolean(env['PRODUCTION_URL'])
  return prod || untold || (target?.production ?? false)
}

/** Much of a message is what a server or a file said. */
function safe(result: Result): Result {
  const {cured, fix, message} = result
  return {
    ...result,
    message: redact(message),
    ...(cured === undefined ? {} : {cured: redact(cured)}),
    ...(fix === undefined ? {} : {fix: redact(fix)}),
  }
}
