import type {CruddurError} from '../error.js'
import {templateDatabase} from '../postgres/databases.js'
import {inUse, type Session} from '../postgres/sessions.js'
import type {Survey, TableSize} from '../postgres/survey.js'
import {describeTarget, type Target} from '../target/target.js'
import {printable} from '../target/text.js'
import {wrapped} from '../wrapped.js'
import {style} from './style.js'
import {grouped, size} from './text.js'

/** What an act would do to a database, and what would be lost: shown before consent, and by --dry-run. */
export interface Plan {
  /** As the end of "This will …". */
  act: string
  server: {version: string; systemIdentifier: string | null}
  database: {
    name: string
    exists: boolean
    oid: number | null
    owner: string | null
    bytes: number | null
    /** The largest, largest first; null when they cannot be looked at. Rows are estimates, null when there is none. */
    tables: TableSize[] | null
    /** The rest of them, summed. */
    otherTables: {count: number; rows: number; bytes: number} | null
    /** Why the tables are not known. */
    trouble: string | null
    sessions: Pick<Session, 'process_id' | 'user' | 'app' | 'client_addr' | 'state'>[]
  }
  /** What will run, in order; nothing where there is nothing to do. */
  steps: string[]
  /** What cannot be had back; null for nothing. */
  loss: string | null
  /** Why it would be refused as things are now. */
  refusal: string | null
}

/** What an act does, given what is there. */
export interface PlanWords {
  steps: readonly string[]
  loss: string | null
  refusal?: CruddurError | undefined
  /** Those it is about, where these are not the ones that are connected to the database. */
  sessions?: readonly Session[]
}

/** As many tables as can be taken in; the rest is summed. */
const TABLES_SHOWN = 10
const SESSIONS_SHOWN = 10

function sum(tables: readonly TableSize[], value: (table: TableSize) => number | null): number {
  return tables.reduce((total, table) => total + (value(table) ?? 0), 0)
}

/** What would keep an act from having the database to itself; `force` ends sessions, but not all that holds one. */
export function refusalOf(
  database: string,
  {holds, oid, sessions, template}: Survey,
  {force, idleToo = false, untouched}: {force: boolean; idleToo?: boolean; untouched: string},
): CruddurError | undefined {
  if (template) return templateDatabase(database, untouched)
  const firm = force && !idleToo ? holds.filter(({active}) => active) : holds
  const inside = force ? [] : sessions
  if (oid === null || firm.length + inside.length === 0) return undefined
  return inUse(database, inside, untouched, firm)
}

export function makePlan(act: string, database: string, survey: Survey, words: PlanWords): Plan {
  const {tables, trouble} = survey
  const rest = tables?.slice(TABLES_SHOWN) ?? []
  return {
    act,
    server: {version: survey.version, systemIdentifier: survey.system},
    database: {
      name: database,
      exists: survey.oid !== null,
      oid: survey.oid,
      owner: survey.owner,
      bytes: survey.bytes,
      tables: tables?.slice(0, TABLES_SHOWN) ?? null,
      otherTables:
        rest.length === 0
          ? null
          : {
              count: rest.length,
              rows: sum(rest, ({rows}) => rows),
              bytes: sum(rest, ({bytes}) => bytes),
            },
      trouble: trouble?.message ?? null,
      sessions: (words.sessions ?? survey.sessions).map(
        ({process_id, user, app, client_addr, state}) => ({
          process_id,
          user,
          app,
          client_addr,
          state,
        }),
      ),
    },
    steps: [...words.steps],
    loss: words.loss,
    // Nothing has been refused yet.
    refusal: words.refusal?.message.replace(/; nothing was \w+$/, '') ?? null,
  }
}

function about(rows: number | null): string {
  return rows === null ? 'rows unknown' : `about ${grouped(rows, 'row')}`
}

/** Columns aligned to the left, two blanks apart. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>(
    (known, row) => row.map((cell, at) => Math.max(known[at] ?? 0, cell.length)),
    [],
  )
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

function databaseLine({name, exists, bytes, owner}: Plan['database']): string {
  if (!exists) return `"${printable(name)}", which does not exist`
  const facts = [
    `"${name}"`,
    ...(bytes === null ? [] : [size(bytes)]),
    ...(owner === null ? [] : [`owner ${owner}`]),
  ]
  return printable(facts.join(', '))
}

function tableLines({exists, tables, otherTables, trouble}: Plan['database']): string[] {
  if (!exists) return []
  if (tables === null) return [`unknown: ${printable(trouble ?? '')}`]
  const shown = tables.map(({name, rows, bytes}) => [printable(name), about(rows), size(bytes)])
  const rest = otherTables && [
    `and ${otherTables.count} more`,
    about(otherTables.rows),
    size(otherTables.bytes),
  ]
  const lines = aligned(rest ? [...shown, rest] : shown)
  return lines.length > 0 ? lines : ['none']
}

function sessionLines({sessions}: Plan['database']): string[] {
  const rows = sessions
    .slice(0, SESSIONS_SHOWN)
    .map(({process_id, user, app, client_addr, state}) =>
      [`${process_id}`, user ?? '', app, client_addr ?? '', state ?? ''].map(printable),
    )
  const more = sessions.length - rows.length
  return [...aligned(rows), ...(more > 0 ? [`and ${more} more`] : [])]
}

const INDENT = 12

/** The first line beside its heading, the others below it. */
function section(heading: string, lines: readonly string[]): string[] {
  return lines.map((line, at) => `  ${(at === 0 ? heading : '').padEnd(INDENT - 2)}${line}`)
}

/** Each so that it fits; a path or a name stays whole, and what goes on stands below the words of its first line. */
function fitting(lines: readonly string[], columns: number, hang = 0): string[] {
  return lines.flatMap((line) => wrapped(line, columns, {hang, whole: true}))
}

/**
 * The plan as lines for a person.
 *
 * @param mood `will` before it is done, `would` when it is only shown
 * @param columns of the terminal; without one each thing is one line
 */
export function planLines(
  plan: Plan,
  target: Target,
  mood: 'will' | 'would',
  columns = Number.POSITIVE_INFINITY,
): string[] {
  const {database, loss, refusal, server, steps} = plan
  const act = printable(plan.act)
  const where = style.bold(printable(describeTarget(target)))
  const name = target.production ? `${style.red.bold('PRODUCTION')}  ` : ''
  const several = steps.length > 1
  const runs = steps.map((step, at) => printable(several ? `${at + 1}. ${step}` : step))
  const beside = (lines: readonly string[], hang = 0): string[] =>
    fitting(lines, columns - INDENT, hang)
  return [
    ...fitting([`${name}This ${mood} ${act}: ${where}`], columns, 2),
    ...section('server', [printable(`PostgreSQL ${server.version}`)]),
    ...section('database', beside([databaseLine(database)])),
    ...section('tables', tableLines(database)),
    ...section('sessions', sessionLines(database)),
    ...section('runs', beside(runs.length > 0 ? runs : ['nothing'], several ? 3 : 0)),
    ...section('lost', beside([loss === null ? 'nothing' : style.magenta(printable(loss))])),
    ...(refusal === null
      ? []
      : fitting(
          [`  ${style.magenta('!')} as it is now, it would be refused: ${printable(refusal)}`],
          columns,
          4,
        )),
  ]
}
