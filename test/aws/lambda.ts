import {type ChildProcess, fork} from 'node:child_process'
import {once} from 'node:events'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {inflateRawSync} from 'node:zlib'
import {buildLambdas} from '../../scripts/build-lambda.js'
import {packageRoot} from '../support/program.js'

/** As Cognito sends it. */
export const EVENT = JSON.parse(
  readFileSync(join(packageRoot, 'aws/lambdas/cruddur-post-confirmation/event.json'), 'utf8'),
)

/** The files of a zip, by the directory at its end. */
export function unzipped(zip: Buffer): Record<string, Buffer> {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'))
  const files: Record<string, Buffer> = {}
  let at = zip.readUInt32LE(end + 16)
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const [name, extra, comment] = [28, 30, 32].map((field) => zip.readUInt16LE(at + field))
    const path = zip.toString('utf8', at + 46, at + 46 + (name ?? 0))
    const local = zip.readUInt32LE(at + 42)
    const data = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
    const bytes = zip.subarray(data, data + zip.readUInt32LE(at + 20))
    files[path] = zip.readUInt16LE(at + 10) === 8 ? inflateRawSync(bytes) : bytes
    at += 46 + (name ?? 0) + (extra ?? 0) + (comment ?? 0)
  }
  return files
}

/** The function as it is deployed: built, zipped and unpacked into a folder of its own. */
export async function unpackFunction(): Promise<{folder: string; zip: Buffer; remove: () => void}> {
  const folder = mkdtempSync(join(tmpdir(), 'cruddur-lambda-'))
  const [built] = await buildLambdas(join(folder, 'zips'))
  const zip = readFileSync(built?.path ?? '')
  const task = join(folder, 'task')
  mkdirSync(task)
  for (const [name, bytes] of Object.entries(unzipped(zip))) writeFileSync(join(task, name), bytes)
  writeFileSync(join(task, 'runtime.js'), RUNTIME)
  return {folder: task, zip, remove: () => rmSync(folder, {force: true, recursive: true})}
}

/** What Lambda does, as far as the function sees it. */
const RUNTIME = `const {handler} = require('./index.js')
process.on('message', async ({id, event, context}) => {
  const {leftMs, ...rest} = context
  if (leftMs !== undefined) rest.getRemainingTimeInMillis = () => leftMs
  process.send({id, event: await handler(event, rest)})
})
process.send({id: 'ready'})
`

export type Line = Record<string, unknown> & {outcome: string; ms: number}

export interface RunningFunction {
  /** @returns the event as the function gave it back, and after how many milliseconds */
  call: (event: unknown, context?: Record<string, unknown>) => Promise<{event: unknown; ms: number}>
  /** What it has written, parsed. */
  lines: () => Line[]
  /** All of that, as it was written, with what went to stderr. */
  output: () => string
  stop: () => Promise<void>
}

/** Starts the unpacked function in a process of its own that has only these variables. */
export function startFunction(folder: string, env: Record<string, string>): RunningFunction {
  const child: ChildProcess = fork(join(folder, 'runtime.js'), {
    env: {HOME: folder, ...env},
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
  })
  const written = {out: '', err: ''}
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    written.out += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    written.err += text
  })
  const waiting = new Map<number, (event: unknown) => void>()
  const ready = once(child, 'message')
  child.on('message', ({id, event}: {id: number; event: unknown}) => waiting.get(id)?.(event))
  let calls = 0
  return {
    async call(event, context = {}) {
      const id = calls++
      await ready
      const started = Date.now()
      const answer = new Promise<unknown>((resolve, reject) => {
        waiting.set(id, resolve)
        child.once('exit', () => reject(new Error(`the function died: ${written.err}`)))
      })
      child.send({id, event, context: {awsRequestId: `request-${id}`, ...context}})
      return {event: await answer, ms: Date.now() - started}
    },
    lines: () =>
      written.out
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    output: () => written.out + written.err,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
  }
}
