import {printable} from '../target/text.js'
import {duration} from './duration.js'
import {type LiveOutput, openLiveLine} from './live-line.js'
import {style} from './style.js'

/** The states that something goes through while it is waited for. */
export interface StatusLine {
  /** The state now, and what is in the way of knowing it. */
  update(status: string, trouble?: string): void
  /** Ends the last state: as one that is reached, or one that is not. */
  stop(reached: boolean): void
}

const REDRAW_MS = 1000

/** What is waited for in silence. */
export const SILENT_STATUS: StatusLine = {update() {}, stop() {}}

/** On a terminal the state now with its time running, and above it those that are over; elsewhere a line for each. */
export function openStatusLine(
  output: LiveOutput & Pick<NodeJS.WriteStream, 'write'> = process.stderr,
): StatusLine {
  const live = openLiveLine(output)
  let now: {status: string; since: number; trouble: string | undefined} | undefined
  let timer: NodeJS.Timeout | undefined

  const line = (mark: string, end: string): string =>
    `${mark} ${printable(now?.status ?? '')} ${style.dim(end)}`
  const elapsed = (): string => duration(performance.now() - (now?.since ?? 0))
  const draw = (): void => {
    const trouble = now?.trouble === undefined ? '' : `  ${printable(now.trouble)}`
    live?.show(line(style.cyan('…'), `${elapsed()}${trouble}`))
  }
  const finish = (mark: string): void => {
    if (!now || !live) return
    live.stop()
    output.write(`${line(mark, elapsed())}\n`)
  }
  const tellTrouble = (trouble: string | undefined): void => {
    if (!live && trouble !== undefined) output.write(`${printable(trouble)}; trying again\n`)
  }
  return {
    update(status, trouble) {
      if (status !== now?.status) {
        finish(style.green('✔'))
        now = {status, since: performance.now(), trouble}
        if (!live) output.write(`${printable(status)}\n`)
        tellTrouble(trouble)
      } else if (trouble !== now.trouble) {
        now.trouble = trouble
        tellTrouble(trouble)
      }
      draw()
      timer ??= setInterval(draw, REDRAW_MS).unref()
    },
    stop(reached) {
      clearInterval(timer)
      finish(reached ? style.green('✔') : style.red('✖'))
      now = undefined
    },
  }
}
