import type {Layer} from './check.js'
import {headingLine, type Layout, resultLines, skippedLines, summaryLines} from './report.js'
import type {Result} from './run.js'

/** A report as it comes into being. */
export interface ReportStream {
  /** Writes what a check came to, under the heading of its layer. */
  add: (result: Result) => void
  /** Writes what was held back, and what comes from now on at once. */
  release: () => void
  /** Writes the rest and the summary. */
  end: (results: readonly Result[]) => void
}

/**
 * Lays results out one by one. They are held back until {@link ReportStream.release}: the line that names the target comes first.
 *
 * @param write takes one line
 */
export function reportStream(layout: Layout, write: (line: string) => void): ReportStream {
  let held: string[] | undefined = []
  let layer: Layer | undefined
  let skipped: Result[] = []
  const put = (line: string): void => {
    if (held) held.push(line)
    else write(line)
  }
  const putSkipped = (): void => {
    const results = skipped
    skipped = []
    for (const line of skippedLines(results, layout)) put(line)
  }
  const release = (): void => {
    const lines = held ?? []
    held = undefined
    for (const line of lines) write(line)
  }
  return {
    add(result) {
      const {layer: own, message, status} = result
      const goesOn = own === layer && status === 'skipped' && message === skipped[0]?.message
      if (!goesOn) putSkipped()
      if (own !== layer) {
        if (layer !== undefined) put('')
        put(headingLine(own, layout))
      }
      layer = own
      if (status === 'skipped') skipped.push(result)
      else for (const line of resultLines(result, layout)) put(line)
    },
    release,
    end(results) {
      putSkipped()
      release()
      write('')
      for (const line of summaryLines(results, layout)) write(line)
    },
  }
}
