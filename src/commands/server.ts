import {Args} from '@oclif/core'
import {BaseCommand, envFileFlag} from '../lib/cli/base.js'
import {style} from '../lib/cli/style.js'
import {dataDirectory} from '../lib/embedded/home.js'
import {logPath} from '../lib/embedded/log.js'
import {
  type EmbeddedServer,
  embeddedUrl,
  runningServer,
  startServer,
  stopServer,
} from '../lib/embedded/server.js'
import {embeddedTarget, type TargetJson, targetJson} from '../lib/target/target.js'

interface ServerResult {
  target: TargetJson | null
  running: boolean
  url: string | null
  version: string | null
  dataDir: string
}

export default class Server extends BaseCommand {
  static override summary = 'Start, stop or look at the embedded PostgreSQL.'
  static override description =
    'Every command that needs a database starts it by itself when CONNECTION_URL is not set. It runs until it is stopped.'
  static override examples = [
    {description: 'Whether it runs, and its URL:', command: '<%= config.bin %> server status'},
    {
      description: 'Start it; commands that need it do so themselves:',
      command: '<%= config.bin %> server start',
    },
    {description: 'Stop it; the data stays:', command: '<%= config.bin %> server stop'},
  ]
  static override args = {
    action: Args.string({
      description: 'What to do with it.',
      options: ['start', 'stop', 'status'],
      required: true,
    }),
  }
  static override flags = {'env-file': envFileFlag}

  async run(): Promise<ServerResult> {
    const {args, flags} = await this.parse(Server)
    const context = this.targetContext(flags)
    const home = await this.embeddedHome(context.env)
    if (args.action === 'stop') {
      const stopped = await stopServer(home, {signal: this.signal})
      this.say(stopped ? 'stopped the embedded server' : 'the embedded server was not running')
      return this.#result(home, undefined, null)
    }
    const server =
      args.action === 'start'
        ? await startServer(home, {
            onProgress: (text) => this.note(text),
            onLeft: (text) => this.tell(style.dim(text)),
            signal: this.signal,
          })
        : await runningServer(home)
    const target = server ? embeddedTarget(server, {command: 'server'}, context) : undefined
    if (target) this.tellTarget(target)
    // What is there is what `status` asks for; `start` only says what came of it.
    if (args.action === 'status' || !this.quiet) this.#describe(home, server)
    return this.#result(home, server, target ? targetJson(target) : null)
  }

  #describe(home: string, server: EmbeddedServer | undefined): void {
    const state = server ? `is running: PostgreSQL ${server.version}` : 'is not running'
    this.print(`the embedded server ${state}`)
    if (server) this.print(`  url   ${embeddedUrl(server)}`)
    this.print(`  data  ${dataDirectory(home)}`)
    this.print(`  log   ${logPath(home)}`)
  }

  #result(
    home: string,
    server: EmbeddedServer | undefined,
    target: TargetJson | null,
  ): ServerResult {
    return {
      target,
      running: server !== undefined,
      url: server ? embeddedUrl(server) : null,
      version: server?.version ?? null,
      dataDir: dataDirectory(home),
    }
  }
}
