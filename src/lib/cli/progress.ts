import type {RunProgress} from '../sql/run.js'
import {printable} from '../target/text.js'
import {widthOf} from '../width.js'
import {type LiveOutput, openLiveLine} from './live-line.js'
import {style} from './style.js'
import {grouped, size} from './text.js'

export interface ProgressBar {
  /** Costs next to nothing. The first call starts the clock, so make it when loading begins. */
  update(progress: RunProgress): void
  /** Takes the bar off the screen while `write` writes whole lines to stderr. */
  interrupt(write: () => void): void
  /** Takes the bar off the screen for good; may be called twice. */
  stop(): void
}

const APPEARS_AFTER_MS = 300
const REDRAW_MS = 100
const RATE_OVER_MS = 5000

/** A bar on stderr; one that shows nothing where stderr is no terminal that can redraw a line. */
export function openProgressBar(output: LiveOutput = process.stderr): ProgressBar {
  const live = openLiveLine(output)
  if (!live) return SILENT_BAR

  const meter = startMeter()
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const tick = (): void => {
    const line = meter.line(output.columns || 80)
    if (line !== undefined) live.show(line)
  }
  return {
    update(progress) {
      meter.update(progress)
      if (timer || stopped) return
      tick()
      timer = setInterval(tick, REDRAW_MS).unref()
    },
    interrupt: live.interrupt,
    stop() {
      stopped = true
      clearInterval(timer)
      live.stop()
    },
  }
}

/** A bar that is not drawn. */
export const SILENT_BAR: ProgressBar = {update() {}, interrupt: (write) => write(), stop() {}}

/** What a bar shows, without a place to show it. */
export interface ProgressMeter {
  /** The first call starts the clock. */
  update(progress: RunProgress): void
  /** The bar now, to be asked for again and again; undefined for what has not lasted long. */
  line(columns: number): string | undefined
}

export function startMeter(): ProgressMeter {
  const rateAt = rateMeter()
  let latest: RunProgress | undefined
  let started = 0
  return {
    update(progress) {
      if (!latest) started = performance.now()
      latest = progress
    },
    line(columns) {
      if (!latest) return undefined
      const now = performance.now()
      const rate = rateAt(now, latest.bytes)
      return now - started < APPEARS_AFTER_MS ? undefined : progressLine(latest, rate, columns)
    },
  }
}

/** Bytes per second over the last seconds before `now` (in ms), from what it was told in them. */
function rateMeter(): (now: number, bytes: number) => number {
  const samples: {at: number; bytes: number}[] = []
  return (now, bytes) => {
    samples.push({at: now, bytes})
    while (samples[1] && samples[1].at <= now - RATE_OVER_MS) samples.shift()
    const first = samples[0] ?? {at: now, bytes}
    return now > first.at ? Math.max(0, ((bytes - first.bytes) / (now - first.at)) * 1000) : 0
  }
}

/** `room` is the columns kept for a part, so that its neighbours stay while its length changes. */
type Part = {text: string; room: number}
type Parts = Partial<Record<(typeof PLACES)[number], Part>>
const PLACES = ['path', 'bar', 'percent', 'bytes', 'rate', 'left', 'statements', 'rows'] as const
const IMPORTANT = ['percent', 'path', 'left', 'bar', 'bytes', 'rate', 'rows', 'statements'] as const
const GAP = '  '
const LONGEST_BAR = 20

/** The bar at `rate` bytes per second, in less than a terminal's columns: less important parts give way. */
export function progressLine(progress: RunProgress, rate: number, columns: number): string {
  const parts = partsOf(progress, rate, columns)
  const texts = new Map<keyof Parts, string>()
  let free = columns - 1 + GAP.length
  for (const name of IMPORTANT) {
    const part = parts[name]
    if (!part?.room) continue
    if (part.room + GAP.length > free) break
    free -= part.room + GAP.length
    texts.set(name, part.text)
  }
  if (parts.bar && texts.has('bar')) {
    texts.set('bar', drawnBar(shareOf(progress), Math.min(LONGEST_BAR, parts.bar.room + free)))
  }
  return PLACES.flatMap((name) => texts.get(name) || []).join(GAP)
}

function partsOf(progress: RunProgress, rate: number, columns: number): Parts {
  const {bytes, path, rows, statements, total} = progress
  const always = {
    path: pathPart(path, Math.max(12, Math.floor(columns * 0.3))),
    rate: {text: `${size(rate)}/s`, room: '99.9 MB/s'.length},
    statements: countPart(statements, 'statement'),
    rows: countPart(rows, 'row'),
  }
  if (total === undefined) return {...always, bytes: {text: size(bytes), room: '99.9 MB'.length}}
  return {
    ...always,
    bytes: {text: size(Math.min(bytes, total), total), room: size(total, total).length},
    bar: {text: '', room: Math.floor(columns / 8)},
    percent: {text: `${Math.floor(shareOf(progress) * 100)} %`, room: '100 %'.length},
    left: {text: timeLeft((total - bytes) / rate), room: '59 min left'.length},
  }
}

function shareOf({bytes, total}: RunProgress): number {
  return total ? Math.min(1, bytes / total) : 1
}

function drawnBar(share: number, length: number): string {
  const done = Math.floor(share * length)
  return style.green('█'.repeat(done)) + style.dim('░'.repeat(length - done))
}

function countPart(count: number, noun: string): Part {
  if (count === 0) return {text: '', room: 0}
  const text = grouped(count, noun)
  return {text, room: text.length}
}

/** Nothing when all is loaded, or when the end is too far off to be foretold. */
function timeLeft(seconds: number): string {
  if (!(seconds > 0) || seconds > 99 * 3600) return ''
  if (seconds <= 59) return `${Math.ceil(seconds)} s left`
  if (seconds <= 59 * 60) return `${Math.ceil(seconds / 60)} min left`
  return `${Math.ceil(seconds / 3600)} h left`
}

/** A path made harmless; a long one is cut in the middle, since its end says most and its beginning next. */
function pathPart(path: string, columns: number): Part {
  const text = printable(path)
  const head = Array.from(new Intl.Segmenter().segment(text), ({segment}) => segment)
  const room = head.reduce((sum, each) => sum + widthOf(each), 0)
  if (room <= columns) return {text, room}
  const tail = head.splice(Math.floor(head.length / 3))
  let used = room + 1
  const drop = () => (tail.length > head.length * 2 ? tail.shift() : head.pop())
  while (used > columns) used -= widthOf(drop() ?? '')
  return {text: `${head.join('')}…${tail.join('')}`, room: used}
}
