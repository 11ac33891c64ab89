import type pg from 'pg'
import {printable} from '../target/text.js'
import {copyRows} from './copy-rows.js'
import {checkSendable, statementError} from './errors.js'
import {type TablePrinter, tablePrinter} from './format/table.js'
import {cancellerOf} from './link.js'
import {type Answers, runQuery} from './query.js'
import type {Typed} from './reader.js'
import type {Settings} from './settings.js'
import type {Sheet} from './sheet.js'
import type {Shell} from './shell-state.js'

/** Of a statement with rows psql prints these too. */
const CHANGES = /^(?:INSERT|UPDATE|DELETE|MERGE) /

/** After these other names may be completed. */
const DEFINES = /^(?:CREATE|ALTER|DROP|IMPORT|SELECT INTO|COMMENT|DO|CALL)\b/

/**
 * Runs what was typed and prints what it gives; `\g` then repeats it.
 *
 * @param changed settings that hold for this statement only
 * @throws CruddurError as {@link statementError}
 */
export async function execute(
  shell: Shell,
  typed: Typed,
  changed: Partial<Settings> = {},
): Promise<void> {
  checkSendable(typed)
  shell.last = typed
  const {start, end} = typed.statement
  const sql = typed.text.bytes.toString('utf8', start, end)
  const client = await shell.session.client()
  const begun = performance.now()
  try {
    await cancellable(shell, client, () => printAnswers(shell, client, sql, changed))
  } catch (error) {
    throw statementError(error, typed, shell.session.target())
  } finally {
    if (shell.settings.timing) shell.write(`${elapsed(performance.now() - begun)}\n`)
  }
}

/** Runs `fn` so that Ctrl-C cancels on the server what runs there. */
export async function cancellable<T>(
  shell: Shell,
  client: pg.Client,
  fn: () => Promise<T>,
): Promise<T> {
  const canceller = cancellerOf(client)
  shell.canceller = canceller
  try {
    return await fn()
  } finally {
    shell.canceller = undefined
    await canceller.over()
  }
}

async function printAnswers(
  shell: Shell,
  client: pg.Client,
  sql: string,
  changed: Partial<Settings>,
): Promise<void> {
  const sheet = shell.sheet()
  const settings = {...shell.settings, ...changed}
  try {
    await runQuery(client, sql, answersOn(shell, sheet, settings))
  } finally {
    await sheet.end()
  }
}

/** Prints answers as they come; rows that have not been printed when an error comes never are. */
function answersOn(shell: Shell, sheet: Sheet, settings: Settings): Answers {
  const surface = {columns: shell.columns(), harmless: shell.columns() !== undefined}
  let table: TablePrinter | undefined
  let copied = false
  return {
    fields(fields) {
      table = tablePrinter(fields, settings, surface)
    },
    row(row) {
      const text = table?.add(row) ?? ''
      return text === '' || sheet.write(text)
    },
    complete(tag) {
      if (table) sheet.write(table.end())
      const told = table ? CHANGES.test(tag) : !copied
      if (told && !shell.quiet) sheet.write(`${printable(tag)}\n`)
      if (DEFINES.test(tag)) shell.catalogue.outdate()
      table = undefined
      copied = false
    },
    copyOut(bytes) {
      copied = true
      // They lie in node-postgres' buffer, which is filled anew before a slow reader has taken them.
      return shell.write(surface.harmless ? harmlessRows(bytes) : Buffer.from(bytes))
    },
    copyIn: () => copyRows(shell),
    drained: async () => {
      await sheet.drained()
      await shell.drained()
    },
  }
}

/** Rows of a COPY for a terminal: with their tabs, and nothing that steers it. */
function harmlessRows(bytes: Buffer): string {
  const lines = bytes.toString().split('\n')
  return lines.map((line) => line.split('\t').map(printable).join('\t')).join('\n')
}

/** As psql tells it (common.c, `PrintTiming`). */
export function elapsed(ms: number): string {
  const text = `Time: ${ms.toFixed(3)} ms`
  if (ms < 1000) return text
  const pad = (value: number): string => String(value).padStart(2, '0')
  const [minutes, seconds] = [Math.floor(ms / 60_000), (ms % 60_000) / 1000]
  const rest = seconds.toFixed(3).padStart(6, '0')
  if (minutes < 60) return `${text} (${pad(minutes)}:${rest})`
  const [hours, left] = [Math.floor(minutes / 60), minutes % 60]
  if (hours < 24) return `${text} (${pad(hours)}:${pad(left)}:${rest})`
  return `${text} (${Math.floor(hours / 24)} d ${pad(hours % 24)}:${pad(left)}:${rest})`
}
