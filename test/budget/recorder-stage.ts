import {afterEach} from 'vitest'
import {openRecorder, type Recorder, type Recording} from '../support/wire-recorder.js'

const closers: (() => void | Promise<void>)[] = []

/** Has this done when the test ends; what was opened last is closed first. */
export function atEnd(close: () => void | Promise<void>): void {
  closers.push(close)
}
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A recorder that is closed when the test ends. */
export async function openTo(
  server: {host: string; port: number},
  options?: {delayMs?: number; patienceMs?: number},
): Promise<Recorder> {
  const recorder = await openRecorder(server, options)
  closers.push(recorder.close)
  return recorder
}

/** What a recording says, in short: per connection, each flight's depth and messages. */
export function brief({connections}: Recording): string[][] {
  return connections.map((flights) =>
    flights.map(
      ({depth, messages}) => `${depth} ${messages.map(({type, sql}) => sql ?? type).join(' ')}`,
    ),
  )
}
