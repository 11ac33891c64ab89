import type pg from 'pg'
import {inPipeline, together} from '../pipelining.js'
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

/** What is run by a step of a setup; what follows in the same step belongs to that. */
export interface Filling {
  step: string
  script: Script
  /** Told how long it took, in milliseconds. */
  onDone?: (ms: number) => void
  /** The error to throw in place of this one. */
  failed?: (error: unknown) => unknown
}

/** Fillings that depend on what those before them have made; the session that looks is as good as new. */
export interface LaterFillings {
  step: string
  look: (client: pg.Client) => Promise<readonly Filling[]>
}

interface FillOptions {
  connection: FileConnection
  way: Way
  /** Wraps each step, for timing. */
  step: StepOf
  /** Opens the bar of a filling. */
  openBar: () => ProgressBar
}

type StepOf = <R>(name: string, run: () => Promise<R>) => Promise<R>

/**
 * Fills a database that is thrown away if anything fails: each filling in its order, in a transaction of its own and as on a
 * connection of its own.
 *
 * @throws CruddurError as a connection does, and as `runScript`
 */
export async function fillDatabase(
  target: Target,
  fillings: readonly (Filling | LaterFillings)[],
  {connection, way, step, openBar}: FillOptions,
): Promise<void> {
  // That of the filling which runs, with its bar.
  let {onNotice} = connection
  const run: Run = (client, {script, onDone, failed}, options) =>
    withBar(
      connection,
      async (bar, {onEcho, signal, slow, ...shown}) => {
        onNotice = shown.onNotice
        const started = performance.now()
        await runShown(client, script, bar, {...options, signal, slow, onEcho}).catch(
          (error: unknown) => {
            throw failed ? failed(error) : error
          },
        )
        onDone?.(Math.round(performance.now() - started))
      },
      openBar(),
    )
  let {opened} = way
  let left: readonly (Filling | LaterFillings)[] = fillings
  let complete = false
  const steps = followSteps(step)
  try {
    while (left.length > 0) {
      left = await withClient(
        target,
        async (client) => {
          if (!way.direct) await refusePooled(client, target, 'SQL files', connection)
          const rest = await inPipeline(client, () => fillOn(client, left, {run, steps}))
          complete = rest.length === 0
          return rest
        },
        {
          ...connection,
          opened,
          leaves: () => complete,
          onNotice: (...notice) => onNotice?.(...notice),
        },
      )
      opened = undefined
    }
  } catch (error) {
    await steps.fail(error)
    throw error
  }
}

type Run = (
  client: pg.Client,
  filling: Filling,
  options: Pick<RunOptions, 'disposable' | 'onStatements'>,
) => Promise<void>

interface Filler {
  run: Run
  steps: FollowedSteps
}

/**
 * Runs fillings on one connection, until one changes what a new one would be given at its login.
 *
 * @returns those that are left
 */
async function fillOn(
  client: pg.Client,
  fillings: readonly (Filling | LaterFillings)[],
  {run, steps}: Filler,
): Promise<readonly (Filling | LaterFillings)[]> {
  const {standardStrings} = attemptOf(client)
  const before = fillings.length > 1 ? askLoginSettings(client) : undefined
  let [next, ...rest] = fillings
  let cleared: Promise<unknown> | undefined
  while (next) {
    steps.begin(next.step)
    // Awaited behind the filling, whose own failure comes first.
    cleared?.catch(() => {})
    if ('look' in next) {
      const {step} = next
      const [found] = await together([next.look(client), cleared])
      ;[next, ...rest] = [...found, ...rest]
      if (step !== next?.step) await steps.end()
      continue
    }
    const last = rest.length === 0
    let after: ReturnType<typeof askLoginSettings> | undefined
    let marked = false
    const onSent = (): void => {
      after = last ? undefined : askLoginSettings(client)
    }
    const onStatements = (sql: string): void => {
      marked ||= !last && outlivesDiscard(sql)
    }
    const whole = standardStrings !== undefined && next.script.transaction
    const disposable = whole ? {standardStrings, onSent} : undefined
    await run(client, next, {disposable, onStatements})
    await cleared
    if (next.step !== rest[0]?.step) await steps.end()
    const settings = await after
    if (marked || settings === undefined || settings !== (await before)) return rest
    cleared = client.query('DISCARD ALL')
    ;[next, ...rest] = rest
  }
  return []
}

/** Steps whose ends are told from outside. */
interface FollowedSteps {
  /** Begins the step, unless it is the one that runs. */
  begin: (name: string) => void
  end: () => Promise<void>
  fail: (error: unknown) => Promise<void>
}

function followSteps(step: StepOf): FollowedSteps {
  let open: {name: string; settle: (error?: unknown) => void; over: Promise<void>} | undefined
  return {
    begin(name) {
      if (open?.name === name) return
      let settle = (_error?: unknown): void => {}
      const body = new Promise<void>((resolve, reject) => {
        settle = (error) => (error === undefined ? resolve() : reject(error))
      })
      open = {name, settle, over: step(name, () => body)}
      open.over.catch(() => {})
    },
    async end() {
      open?.settle()
      await open?.over
      open = undefined
    },
    async fail(error) {
      open?.settle(error ?? new Error('failed'))
      await open?.over.catch(() => {})
    },
  }
}
