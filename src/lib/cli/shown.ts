import type pg from 'pg'
import {type RunOptions, type RunResult, runScript} from '../sql/run.js'
import type {Script} from '../sql/script.js'
import type {FileConnection} from './files.js'
import {openProgressBar, type ProgressBar} from './progress.js'
import {openRemarks, type Remarks} from './remarks.js'

/** A connection's options with which what is remarked does not run into a bar, or pile up. */
export type ShownConnection = FileConnection & Pick<Remarks, 'slow'>

/** Runs `fn` with a bar. */
export async function withBar<T>(
  connection: FileConnection,
  fn: (bar: ProgressBar, shown: ShownConnection) => Promise<T>,
  bar: ProgressBar = openProgressBar(),
): Promise<T> {
  const {onEcho, onNotice} = connection
  const remarks = openRemarks(onEcho)
  const pass = (write: () => void): void => remarks.pass(() => bar.interrupt(write))
  try {
    return await fn(bar, {
      ...connection,
      slow: remarks.slow,
      onEcho: (line) => pass(() => onEcho(line)),
      onNotice: (severity, message) => pass(() => onNotice?.(severity, message)),
    })
  } finally {
    bar.stop()
    remarks.end()
  }
}

/** Runs a script that a bar shows. */
export async function runShown(
  client: pg.Client,
  script: Script,
  bar: ProgressBar,
  {slow, ...options}: RunOptions & Pick<Remarks, 'slow'>,
): Promise<RunResult> {
  const path = script.files[0]?.path ?? ''
  slow(client.connection.stream)
  bar.update({path, bytes: 0, total: script.bytes, statements: 0, rows: 0})
  return await runScript(client, script, {...options, onProgress: bar.update})
}
