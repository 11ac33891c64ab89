import {homedir, userInfo} from 'node:os'
import {stripVTControlCharacters} from 'node:util'
import {Command, Errors, Flags} from '@oclif/core'
import {CruddurError} from '../error.js'
import {limitNameLookups} from '../name-lookup.js'
import {type Environment, loadEnvironment} from '../target/environment.js'
import {
  describeTarget,
  embeddedTarget,
  resolveTarget,
  type Target,
  type TargetContext,
  targetJson,
} from '../target/target.js'
import {printable} from '../target/text.js'
import {trace} from '../trace.js'
import type {Agreement, DryRunResult} from './agree.js'
import type {FileConnection} from './files.js'
import {onInterrupt} from './interrupt.js'
import {printError, printJson} from './report.js'
import {type SilenceExaminer, silenceExaminer} from './silence.js'
import {style} from './style.js'
import {terminalColumns} from './terminal.js'

/** What the flags that name a target come to. */
export interface TargetFlags {
  prod: boolean
  url?: string | undefined
  'env-file'?: string | undefined
  'iam-auth'?: boolean | undefined
  wait?: number | undefined
}

export const envFileFlag = Flags.string({
  helpGroup: 'TARGET',
  helpValue: 'FILE',
  summary: 'Read variables from FILE instead of .env in the working directory.',
})

export const quietFlag = Flags.boolean({
  char: 'q',
  helpGroup: 'GLOBAL',
  summary: 'Say nothing but what was asked for, warnings and errors.',
})

/** What every command shares: errors to one place, signals to one AbortSignal, words to stderr. */
export abstract class BaseCommand extends Command {
  static override baseFlags = {quiet: quietFlag}
  static override enableJsonFlag = true

  readonly #interrupt = onInterrupt()

  /** Aborted by Ctrl-C, SIGTERM or a closed terminal. */
  protected get signal(): AbortSignal {
    return this.#interrupt.signal
  }

  /** True with --quiet, which is known before flags are parsed, as --json is: an error may come first. */
  protected get quiet(): boolean {
    const end = this.argv.indexOf('--')
    const own = end === -1 ? this.argv : this.argv.slice(0, end)
    return own.includes('--quiet') || own.includes('-q')
  }

  /** What was asked for, on stdout; silent with --json. */
  protected print(line: string): void {
    this.log(printable(line))
  }

  /** What was done, in words, on stdout; silent with --json and with --quiet. */
  protected say(line: string): void {
    if (!this.quiet) this.print(line)
  }

  /** A line for a person, on stderr, also with --json. */
  protected tell(line: string): void {
    process.stderr.write(`${line}\n`)
  }

  /** A remark that is not the command's result; silent with --quiet. */
  protected note(text: string): void {
    if (!this.quiet) this.tell(style.dim(printable(text)))
  }

  override logJson(json: unknown): void {
    printJson(json)
  }

  override async catch(error: unknown): Promise<never> {
    if (error instanceof Errors.ExitError) throw error
    const exit = await printError(error, {json: this.jsonEnabled()})
    if (error instanceof Error) this.debug(error.stack)
    return this.exit(exit)
  }

  override async finally(): Promise<void> {
    this.#interrupt.settle()
  }

  /** Gives signals back to Node, for a command whose child process deals with them. */
  protected releaseSignals(): void {
    this.#interrupt.release()
  }

  /** Runs `fn` while signals end the program as Node has them do. */
  protected async withoutSignals<T>(fn: () => Promise<T>): Promise<T> {
    this.#interrupt.release()
    try {
      return await fn()
    } finally {
      this.#interrupt.retake()
    }
  }

  /** The variables, `.env` behind the real environment, and what else a target is read from. */
  protected targetContext(flags: {'env-file'?: string | undefined}): TargetContext {
    const env = loadEnvironment({
      cwd: process.cwd(),
      envFile: flags['env-file'],
      processEnv: process.env,
    })
    return {env, homeDir: homedir(), osUser: loginName()}
  }

  /** Where the embedded server lies. The programs in that folder are run, so whatever `.env` lies about must not choose it. */
  protected async embeddedHome(env: Environment): Promise<string> {
    const {embeddedHome} = await import('../embedded/home.js')
    if (env['CRUDDUR_DB_HOME'] && !process.env['CRUDDUR_DB_HOME']) {
      throw new CruddurError(
        'CONFIGURATION',
        'CRUDDUR_DB_HOME is taken from the environment only, and stands in a file: the programs in that folder would be run',
        {exit: 2, hint: 'if you trust that folder, set CRUDDUR_DB_HOME in the environment'},
      )
    }
    return embeddedHome(process.env)
  }

  /** The line that names the target, on stderr: the first of every command; --quiet leaves it out except in production. */
  protected tellTarget(target: Target): void {
    const name = target.production ? style.red.bold('PRODUCTION') : style.green(target.name)
    if (target.production || !this.quiet) this.tell(`${name}  ${describeTarget(target)}`)
    for (const warning of target.warnings) this.tell(style.dim(printable(warning)))
  }
}

/** A command that acts on a database: the flags that name it, and how it is reached. */
export abstract class DatabaseCommand extends BaseCommand {
  static override baseFlags = {
    quiet: quietFlag,
    prod: Flags.boolean({
      exclusive: ['url'],
      helpGroup: 'TARGET',
      summary: 'Act on production: the database at PROD_CONNECTION_URL.',
    }),
    url: Flags.string({
      helpGroup: 'TARGET',
      helpValue: 'URL',
      summary: 'Act on the database at this URL.',
    }),
    'env-file': envFileFlag,
    'iam-auth': Flags.boolean({
      helpGroup: 'TARGET',
      summary: 'Log in to RDS with AWS credentials instead of a password.',
    }),
    wait: Flags.integer({
      helpGroup: 'TARGET',
      helpValue: 'SECONDS',
      min: 0,
      summary: 'Wait this long for a server that does not answer yet.',
    }),
  }

  #silence: SilenceExaminer | undefined

  /**
   * Finds out which database the command is about, starts the embedded server when nothing names
   * one, and says on stderr which it is.
   */
  protected async target(flags: TargetFlags): Promise<Target> {
    const context = this.targetContext(flags)
    const command = this.id ?? ''
    // Node cannot end while it looks a name up: Ctrl-C took 9 s with a dead name server. Before the first lookup of all.
    limitNameLookups(process.env)
    const resolved = resolveTarget({prod: flags.prod, url: flags.url, command}, context)
    const named = flags['iam-auth'] ? await this.#withIamAuth(resolved, context.env) : resolved
    const target = await this.#judged(
      named ?? embeddedTarget(await this.#embeddedServer(context.env), {command}, context),
    )
    trace('target', () => describeChoice(target, flags))
    this.tellTarget(target)
    const envFile = flags['env-file']
    this.#silence = silenceExaminer(target, context.env, {envFile, signal: this.signal})
    return target
  }

  /** Production has other names too: an alias in DNS or /etc/hosts, an address. */
  async #judged(target: Target): Promise<Target> {
    if (!target.guard || target.productionServer) return target
    const {judgeAlias} = await import('../postgres/connection/judge.js')
    const {target: judged, unsure} = await judgeAlias(target, this.signal)
    if (!unsure) return judged
    const warning =
      'this counts as production: whether it is cannot be found out, since the names of the hosts cannot be looked up'
    return {...judged, warnings: [...judged.warnings, warning]}
  }

  override async catch(error: unknown): Promise<never> {
    const explained = await this.#silence?.explain(error).catch((reason: unknown) => reason)
    return super.catch(explained ?? error)
  }

  override async finally(): Promise<void> {
    this.#silence?.end()
    await super.finally()
  }

  async #withIamAuth(target: Target | undefined, env: Environment): Promise<Target> {
    const {withIamAuth} = await import('../aws/iam-auth.js')
    return withIamAuth(target, env)
  }

  /** What --dry-run ends with: the plan, which is its result. */
  protected async planned({target, plan}: Agreement): Promise<DryRunResult> {
    const {planLines} = await import('./plan.js')
    const columns = terminalColumns(process.stdout)
    const lines = plan ? planLines(plan, target, 'would', columns) : []
    for (const line of lines) this.print(stripVTControlCharacters(line))
    return {target: targetJson(target), plan}
  }

  /** How commands connect: their patience, their signal, their way to pass on what the server, or a file, remarks. */
  protected connection(flags: TargetFlags): FileConnection {
    return {
      signal: this.signal,
      waitMs: (flags.wait ?? 0) * 1000,
      onEcho: (line) => this.note(line),
      onSilence: () => this.#silence?.begin(),
      onWaiting: (reason) => this.note(`waiting: ${reason}`),
      onNotice: (severity, message) => {
        // "table … does not exist, skipping": what IF EXISTS is written for.
        if (message.endsWith(', skipping')) return
        const remark = `${severity}: ${message}`
        if (ROUTINE.test(severity)) this.note(remark)
        else this.tell(style.dim(printable(remark)))
      },
    }
  }

  async #embeddedServer(env: Environment): Promise<{port: number}> {
    const {startServer} = await import('../embedded/server.js')
    return startServer(await this.embeddedHome(env), {
      onProgress: (message) => this.note(message),
      onLeft: (message) => this.tell(style.dim(printable(message))),
      signal: this.signal,
    })
  }
}

/** Severities below WARNING, which a server may also name in another language: then they are shown. */
const ROUTINE = /^(?:NOTICE|INFO|LOG|DEBUG\d?)$/

/** Where the target comes from and how it is reached, for DEBUG. */
function describeChoice(target: Target, {prod, url}: TargetFlags): string {
  const variable = prod ? 'PROD_CONNECTION_URL' : 'CONNECTION_URL'
  const source = url === undefined ? variable : '--url'
  const from = target.name === 'embedded' ? 'no variable: the embedded server' : source
  const {connectTimeoutMs, sessionAttributes, tls} = target
  const kind = target.production ? 'production' : 'not production'
  return `${describeTarget(target)}, from ${from}; ${kind}; sslmode ${tls.mode}, ${sessionAttributes}, ${connectTimeoutMs} ms to connect`
}

/** libpq's default user: who runs the program; a container may run it under a number without a name. */
function loginName(): string {
  try {
    return userInfo().username
  } catch {
    return process.env['USER'] ?? ''
  }
}
