import {duration} from './duration.js'
import {type LiveLine, type LiveOutput, openLiveLine} from './live-line.js'
import {type ProgressBar, type ProgressMeter, SILENT_BAR, startMeter} from './progress.js'
import {style} from './style.js'

/** Named steps, and what is shown of them on stderr. */
export interface Steps {
  /** Those that are done, with the milliseconds that each took. */
  readonly done: readonly {step: string; ms: number}[]
  /** Runs a step, and says when it is done or has failed. One that was not named beforehand comes at the end. */
  run<T>(step: string, run: () => Promise<T>): Promise<T>
  /** Has `write` write whole lines to stderr, above what is not done. */
  interrupt(write: () => void): void
  /** A bar below the step that runs; `interrupt` is the steps' own, around what uses it. */
  openBar(): ProgressBar
  /** Says what was not done, where something was; may be called twice. */
  end(): void
}

export interface StepsOptions {
  /** Show nothing. */
  quiet?: boolean
  output?: LiveOutput
}

const APPEARS_AFTER_MS = 200
const REDRAW_MS = 100

/** What is shown of steps, at each moment. */
interface Shown {
  pending: string[]
  running: {step: string; since: number}[]
  meter: ProgressMeter | undefined
}

/**
 * Steps that run one after the other, each a line on stderr when it is done. On a terminal that can redraw lines what runs,
 * with its time, and what comes next stand below.
 *
 * @param names the steps that are known beforehand, in order
 */
export function openSteps(
  names: readonly string[],
  {quiet = false, output = process.stderr}: StepsOptions = {},
): Steps {
  const shown: Shown = {pending: [...names], running: [], meter: undefined}
  const done: {step: string; ms: number}[] = []
  const live = quiet ? undefined : openList(shown, output)

  const begin = (step: string) => {
    shown.pending = shown.pending.filter((name) => name !== step)
    const running = {step, since: performance.now()}
    shown.running.push(running)
    live?.draw()
    return running
  }
  const over = (running: Shown['running'][number], line: string): void => {
    shown.running = shown.running.filter((other) => other !== running)
    live?.stop()
    if (!quiet) output.write(`${line}\n`)
  }
  /** What comes behind a step that has failed. */
  const giveUp = (): void => {
    for (const step of shown.pending.splice(0)) {
      if (live) output.write(`${style.dim(`· ${step} not done`)}\n`)
    }
  }
  return {
    done,
    async run(step, run) {
      const running = begin(step)
      try {
        const value = await run()
        const ms = Math.round(performance.now() - running.since)
        done.push({step, ms})
        over(running, `${style.green('✔')} ${step} ${style.dim(`${ms} ms`)}`)
        live?.draw()
        return value
      } catch (error) {
        over(running, `${style.red('✖')} ${step}`)
        giveUp()
        throw error
      }
    },
    interrupt: (write) => (live ? live.interrupt(write) : write()),
    openBar() {
      if (!live) return SILENT_BAR
      const meter = startMeter()
      shown.meter = meter
      return {
        ...SILENT_BAR,
        update: meter.update,
        stop() {
          if (shown.meter === meter) shown.meter = undefined
        },
      }
    },
    end() {
      live?.close()
      if (done.length > 0) giveUp()
    },
  }
}

/** The lines of a list, drawn anew while time passes; it appears when there is something to wait for. */
interface List extends Pick<LiveLine, 'interrupt' | 'stop'> {
  draw(): void
  close(): void
}

function openList(shown: Shown, output: LiveOutput): List | undefined {
  const live = openLiveLine(output)
  if (!live) return undefined
  const opened = performance.now()
  const draw = (): void => {
    if (performance.now() - opened < APPEARS_AFTER_MS) return
    live.show(linesOf(shown, output.columns || 80).join('\n'))
  }
  const timer = setInterval(draw, REDRAW_MS).unref()
  return {
    ...live,
    draw,
    close() {
      clearInterval(timer)
      live.stop()
    },
  }
}

function linesOf({meter, pending, running}: Shown, columns: number): string[] {
  const bar = running.length > 0 ? meter?.line(columns - INDENT.length) : undefined
  return [
    ...running.map(({step, since}) => {
      const time = duration(performance.now() - since)
      return `${style.cyan('…')} ${step} ${style.dim(time)}`
    }),
    ...(bar ? [INDENT + bar] : []),
    ...pending.map((step) => style.dim(`· ${step}`)),
  ]
}

const INDENT = '  '
