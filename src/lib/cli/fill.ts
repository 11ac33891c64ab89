import type pg from 'pg'
import {inPipeline} from '../pipelining.js'
import {withClient} from '../postgres/connection/connect.js'
import {attemptOf} from '../postgres/connection/pin.js'
import {refusePooled} from '../postgres/connection/pooler.js'
import {askLoginSettings, outlivesDiscard} from '../postgres/login-settings.js'
import type {Way} from '../postgres/rebuild/rebuild.js'
import type {RunOptions} from '../sql/run.js'
import type {Script} from '../sql/script.js'
import type {Target} from '../target/target.js'
import type {FileConnection} from './files.js'
import type {ProgressBar} from './progress.js'
import {runShown, withBar} from './shown.js'

/** A file of a setup, and the step of the command that it is. */
export interface Filling {
  step: string
  script: Script
}

interface FillOptions {
  connection: FileConnection
  way: Way
  /** Wraps each file, for timing. */
  step: <R>(name: string, run: () => Promise<R>) => Promise<R>
  /** Opens the bar of a file. */
  openBar: () => ProgressBar
}

/**
 * Fills a database that is thrown away if anything fails: the files in order, each in a transaction of its own and as on a
 * connection of its own.
 *
 * @throws CruddurError as a connection does, and as `runScript`
 */
export async function fillDatabase(
  target: Target,
  fillings: readonly Filling[],
  {connection, way, step, openBar}: FillOptions,
): Promise<void> {
  // That of the file which runs, with its bar.
  let {onNotice} = connection
  const run: Run = (client, {step: name, script}, options) =>
    step(name, () =>
      withBar(
        connection,
        async (bar, {onEcho, signal, slow, ...shown}) => {
          onNotice = shown.onNotice
          await runShown(client, script, bar, {...options, signal, slow, onEcho})
        },
        openBar(),
      ),
    )
  let {opened} = way
  let left = fillings
  let complete = false
  while (left.length > 0) {
    const done = await withClient(
      target,
      async (client) => {
        if (!way.direct) await refusePooled(client, target, 'SQL files', connection)
        const count = await inPipeline(client, () => fillOn(client, left, run))
        complete = count === left.length
        return count
      },
      {
        ...connection,
        opened,
        leaves: () => complete,
        onNotice: (...notice) => onNotice?.(...notice),
      },
    )
    left = left.slice(done)
    opened = undefined
  }
}

type Run = (
  client: pg.Client,
  filling: Filling,
  options: Pick<RunOptions, 'disposable' | 'onStatements'>,
) => Promise<void>

/**
 * Runs files on one connection, until one changes what a new one would be given at its login.
 *
 * @returns how many
 */
async function fillOn(client: pg.Client, fillings: readonly Filling[], run: Run): Promise<number> {
  const {standardStrings} = attemptOf(client)
  const before = fillings.length > 1 ? askLoginSettings(client) : undefined
  for (const [index, filling] of fillings.entries()) {
    const cleared = index > 0 ? client.query('DISCARD ALL') : undefined
    // Awaited behind the file, whose own failure comes first.
    cleared?.catch(() => {})
    const last = index === fillings.length - 1
    let after: ReturnType<typeof askLoginSettings> | undefined
    let marked = false
    const onSent = (): void => {
      after = last ? undefined : askLoginSettings(client)
    }
    const onStatements = (sql: string): void => {
      marked ||= !last && outlivesDiscard(sql)
    }
    const disposable = standardStrings === undefined ? undefined : {standardStrings, onSent}
    await run(client, filling, {disposable, onStatements})
    await cleared
    const settings = await after
    if (marked || settings === undefined || settings !== (await before)) return index + 1
  }
  return fillings.length
}
