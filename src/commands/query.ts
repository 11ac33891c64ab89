import {Args, Flags} from '@oclif/core'
import {agree} from '../lib/cli/agree.js'
import {DatabaseCommand} from '../lib/cli/base.js'
import {checkConsent, confirmFlag} from '../lib/cli/consent.js'
import type {FileConnection} from '../lib/cli/files.js'
import {terminalColumns} from '../lib/cli/terminal.js'
import {CruddurError} from '../lib/error.js'
import {plural} from '../lib/plural.js'
import {withClient} from '../lib/postgres/connection/connect.js'
import {readArguments} from '../lib/query/arguments.js'
import {csvOf, jsonOf, statementLines, tableOf} from '../lib/query/print.js'
import {
  type Answer,
  isWrapped,
  type Question,
  runQuestion,
  statementOf,
  tryReading,
} from '../lib/query/run.js'
import {openSqlFile} from '../lib/sql/file.js'
import {commandFor} from '../lib/target/again.js'
import {type Target, type TargetJson, targetJson} from '../lib/target/target.js'
import {readTemplate} from '../lib/template/compile.js'
import {findTemplate, unnamed} from '../lib/template/find.js'

/** What --json gives; the rows stand in it as the server wrote them. */
interface QueryResult {
  target: TargetJson
  file: string
  /** With --dry-run: what would be sent. */
  sql?: string
  parameters?: Record<string, string | null>
  /** The rows, or with --object the row, as a JSON document. */
  json?: {name: 'rows' | 'row'; text: string}
}

interface Wishes {
  confirm: string | undefined
  connection: FileConnection
}

export default class Query extends DatabaseCommand {
  static override summary = 'Run a query of db/sql with named parameters; the rows as JSON.'
  static override description =
    'NAME is a file below db/sql, which is looked for like db/schema.sql. In it, %(name)s stands for a value, which is bound and never a piece of the SQL, and %% for a percent sign. A query that would change rows is run with consent in production: the server says which one does.'
  static override args = {
    name: Args.string({
      description: 'The file below db/sql, as activities/home; without it all are listed.',
      required: true,
    }),
    parameters: Args.string({
      description:
        'param=value, for %(param)s in it; param= is an empty text, param:=null is NULL.',
      multiple: true,
    }),
  }
  static override examples = [
    {
      description: 'What the home page shows:',
      command: '<%= config.bin %> query activities/home',
    },
    {
      description: 'The same for people, and for a spreadsheet:',
      command: '<%= config.bin %> query activities/home --table',
    },
    {
      description: 'An activity for a user:',
      command:
        "<%= config.bin %> query activities/create handle=londo message='Hello' expires_at:=null",
    },
    {
      description: 'What would be sent for it, touching nothing:',
      command:
        "<%= config.bin %> query activities/create handle=londo message='Hello' expires_at=tomorrow --dry-run",
    },
    {
      description: 'What production shows:',
      command: '<%= config.bin %> query activities/home --prod --csv',
    },
  ]
  static override flags = {
    confirm: confirmFlag,
    csv: Flags.boolean({
      exclusive: ['object', 'table'],
      summary: 'Comma-separated values with a heading (RFC 4180).',
    }),
    'dry-run': Flags.boolean({summary: 'Show the SQL and the parameters; touch nothing.'}),
    object: Flags.boolean({
      exclusive: ['table'],
      summary: 'The first row as an object, {} where there is none.',
    }),
    table: Flags.boolean({summary: 'A table, as the shell of connect prints it.'}),
  }

  async run(): Promise<QueryResult> {
    const {args, flags} = await this.parse(Query).catch((error: unknown) => {
      // Were NAME not required, oclif would take no name where parameters are given.
      if (!isMissingName(error)) throw error
      throw unnamed({cwd: process.cwd(), packageRoot: this.config.root})
    })
    const as = flags.object ? 'object' : 'array'
    const plain = flags.csv || flags.table
    if (plain && this.jsonEnabled()) throw twoForms(flags.csv ? '--csv' : '--table')
    const values = readArguments(args.parameters ?? [])
    const found = await this.#question(args.name, values, plain ? 'rows' : as)
    const question = {...found, command: commandFor(flags)}
    const target = await this.target(flags)
    const file = question.template.text.path
    const result = {target: targetJson(target), file}
    if (flags['dry-run']) {
      for (const line of statementLines(question)) this.print(line)
      return {...result, sql: statementOf(question).sql, parameters: values}
    }
    const wishes = {confirm: flags.confirm, connection: this.connection(flags)}
    const answer = await this.#answer(target, question, wishes)
    this.#remark(answer, question)
    if (plain) {
      await this.#printRows(answer, flags.csv)
      return result
    }
    const text = jsonOf(answer, as, isWrapped(question))
    this.log(text)
    return {...result, json: {name: flags.object ? 'row' : 'rows', text}}
  }

  /** Numbers of the rows would lose digits on the way through JavaScript. */
  override logJson(json: unknown): void {
    const {json: own, ...rest} = json as QueryResult
    if (own === undefined) {
      super.logJson(json)
      return
    }
    const head = JSON.stringify(rest, null, 2).replace(/\n\}$/, '')
    process.stdout.write(`${head},\n  "${own.name}": ${own.text}\n}\n`)
  }

  async #question(
    name: string,
    values: Record<string, string | null>,
    as: Question['as'],
  ): Promise<Question> {
    const cwd = process.cwd()
    const path = findTemplate(name, {cwd, packageRoot: this.config.root})
    const file = await openSqlFile(path, {cwd, pipes: false, signal: this.signal})
    const question = {template: await readTemplate(file, this.signal), values, as}
    // Before anything is connected to: a name that is missing needs no server.
    statementOf(question)
    return question
  }

  /** Reads where that is enough; what changes rows is agreed to first. */
  async #answer(
    target: Target,
    question: Question,
    {confirm, connection}: Wishes,
  ): Promise<Answer> {
    const path = question.template.text.path
    const consent = {act: `run ${path}, which changes rows`, confirm}
    if (confirm !== undefined) checkConsent(target, consent)
    const read = await withClient(target, (client) => tryReading(client, question), connection)
    if (read) return read
    const agreement = await agree(
      target,
      {
        ...consent,
        dryRun: false,
        plan: () => ({steps: [`run ${path}`], loss: 'what the statement changes or deletes'}),
      },
      connection,
    )
    return await withClient(
      agreement.target,
      async (client) => {
        await agreement.verify(client)
        return await runQuestion(client, question)
      },
      connection,
    )
  }

  /** What the rows do not tell. */
  #remark({command, count, rows}: Answer, {as, template}: Question): void {
    if (!template.shape.hasRows) this.note(`${command}: ${plural(count ?? 0, 'row')}`)
    if (as === 'object' && rows.length > 1)
      this.note(`the first of ${plural(rows.length, 'row')} is shown`)
  }

  async #printRows(answer: Answer, csv: boolean): Promise<void> {
    const columns = terminalColumns(process.stdout)
    const harmless = process.stdout.isTTY === true
    if (csv) process.stdout.write(await csvOf(answer, harmless))
    else if (answer.columns.length > 0) process.stdout.write(tableOf(answer, {columns, harmless}))
  }
}

/** oclif's RequiredArgsError, whose only cause can be that there are no words at all. */
function isMissingName(error: unknown): boolean {
  return error instanceof Error && 'args' in error && error.message.startsWith('Missing 1 required')
}

function twoForms(flag: string): CruddurError {
  return new CruddurError('USAGE', `${flag} and --json name two forms of the rows`, {
    exit: 2,
    hint: 'leave one of them out',
  })
}
