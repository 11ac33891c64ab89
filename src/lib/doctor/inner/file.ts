import {CruddurError} from '../../error.js'
import {pinned, withClient} from '../../postgres/connection/connect.js'
import {refusePooled} from '../../postgres/connection/pooler.js'
import {verifier} from '../../postgres/identity.js'
import {findSqlFile} from '../../sql/find.js'
import {startSession} from '../../sql/part.js'
import {readParts} from '../../sql/read.js'
import {runScript} from '../../sql/run.js'
import {readScript, type Script} from '../../sql/script.js'
import {firstWord} from '../../sql/tokens.js'
import type {Finding} from '../check.js'
import type {Facts} from '../facts.js'
import {fail} from '../findings.js'
import {databaseOf, targetOf} from './known.js'

type FileName = 'schema.sql' | 'seed.sql'

/**
 * Reads and checks the file that schema-load or seed would run.
 *
 * @throws CruddurError as `readScript`
 */
export async function openScript(
  facts: Facts,
  name: FileName,
  signal: AbortSignal,
): Promise<Script> {
  const {cwd} = facts
  const {database} = targetOf(facts)
  const path = findSqlFile(name, facts)
  return await readScript([path], {cwd, transaction: true, database, signal})
}

/** What is wrong with a file that cannot be run, and where. */
export function fileFault(error: unknown): Finding {
  if (!(error instanceof CruddurError)) throw error
  const {column, file, hint, line} = error.details
  const place = [file, line, column].filter((part) => part !== undefined).join(':')
  const message = place === '' ? error.message : `${place}: ${error.message}`
  return fail(message, hint ?? 'correct the file')
}

interface Reading {
  /** First words, in lower case, of the statements that are wanted. */
  words: ReadonlySet<string>
  /** Bytes that are wanted of each. */
  length: number
  /** Told the first word of each that is not. */
  onOther?: (word: string) => void
  signal: AbortSignal
}

/** The text of a script's statements, in their order, those of the files it includes among them. */
export async function* statementsOf(
  script: Script,
  {words, length, onOther, signal}: Reading,
): AsyncGenerator<string> {
  const session = startSession(script.standardStrings)
  for (const file of script.files) {
    for await (const part of readParts(file, session, {...script, signal, skim: true})) {
      if (part.kind === 'copy') for await (const _ of part.rows);
      if (part.kind !== 'batch' && part.kind !== 'copy') continue
      const {bytes} = part.text
      for (const statement of part.kind === 'batch' ? part.statements : [part.statement]) {
        const {start, end} = statement
        const word = firstWord(bytes, statement)
        if (words.has(word)) yield bytes.toString('utf8', start, Math.min(end, start + length))
        else onOther?.(word)
      }
    }
  }
}

/** Runs the file as schema-load and seed do, where it was looked, if that turns out to be no server of RDS. */
export async function runFile(facts: Facts, name: FileName): Promise<void> {
  const target = pinned(targetOf(facts), databaseOf(facts))
  const {signal} = facts.connection
  const script = await openScript(facts, name, signal)
  await withClient(
    target,
    async (client) => {
      const found = await verifier(target, undefined)(client)
      await refusePooled(client, target, 'SQL files', {signal, ...found})
      await runScript(client, script, {signal})
    },
    facts.connection,
  )
}
