import {spawn} from 'node:child_process'
import {mkdir, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {CruddurError} from '../../../src/lib/error.js'
import type {SqlFile} from '../../../src/lib/sql/file.js'
import {type Chunks, unpacked} from '../../../src/lib/sql/gzip.js'
import {type Part, type ReadOptions, type Session, startSession} from '../../../src/lib/sql/part.js'
import {placeAt} from '../../../src/lib/sql/place-at.js'
import {readParts} from '../../../src/lib/sql/read.js'
import type {Text} from '../../../src/lib/sql/text.js'
import {placeOf, withFolder} from './support.js'

/** The bytes in chunks of this size, whose memory is used again for the next chunk but one. */
export async function* chunksOf(content: string | Buffer, size: number): Chunks {
  const bytes = Buffer.from(content)
  const rooms = [Buffer.alloc(size), Buffer.alloc(size)] as const
  for (let at = 0, turn = 0; at < bytes.length; at += size, turn = 1 - turn) {
    const room = rooms[turn === 0 ? 0 : 1].fill(0xff)
    yield room.subarray(0, bytes.copy(room, 0, at, at + size))
  }
}

/** A file that is on no disk. */
export function fileOf(chunks: () => Chunks, path = 'x.sql'): SqlFile {
  return {path, folder: '/nowhere', size: 1, id: path, read: () => unpacked(chunks(), path)}
}

/** A file of this content that is read in chunks of this size. */
export function inChunks(content: string | Buffer, size: number): SqlFile {
  return fileOf(() => chunksOf(content, size))
}

interface ReadAs extends Partial<ReadOptions> {
  session?: Session
}

export function partsOf(file: SqlFile, options: ReadAs = {}): AsyncGenerator<Part> {
  const {session = startSession(true), ...rest} = options
  const defaults = {transaction: true, database: 'x', cwd: '/nowhere', included: new Map()}
  return readParts(file, session, {...defaults, ...rest})
}

/** A statement, what a command sends or echoes, or a COPY's rows; with the place that stands in its text. */
export interface Piece {
  kind: Part['kind'] | 'rows'
  text: string
  place: string
}

const placeIn = (text: Text, at: number): string => {
  const {line, column} = placeAt(text, at)
  return `${text.path}:${line}:${column}`
}

/** Reads what a part holds; but for rows, its bytes are looked at later, when the window has moved on. */
async function laterOf(part: Part): Promise<() => Piece[]> {
  switch (part.kind) {
    case 'echo':
      return () => [{kind: 'echo', text: part.line, place: ''}]
    case 'sql':
      return () => [{kind: 'sql', text: part.sql, place: placeIn(part.text, part.at)}]
    case 'batch':
      return () => part.statements.map((statement) => pieceOf('batch', part.text, statement))
    case 'copy': {
      const rows: Buffer[] = []
      let place = ''
      for await (const stretch of part.rows) {
        place ||= placeIn(stretch, 0)
        rows.push(Buffer.from(stretch.bytes))
      }
      const text = () => Buffer.concat(rows).toString()
      return () => [pieceOf('copy', part.text, part.statement), {kind: 'rows', text: text(), place}]
    }
  }
}

function pieceOf(
  kind: Piece['kind'],
  text: Text,
  {start, end}: {start: number; end: number},
): Piece {
  return {kind, text: text.bytes.toString('utf8', start, end), place: placeIn(text, start)}
}

/** What a file comes to, and its first problem: `CODE file:line:column message`. */
export async function readingOf(
  file: SqlFile,
  options: ReadAs = {},
): Promise<{pieces: Piece[]; problem: string | undefined}> {
  const later: (() => Piece[])[] = []
  const problem = await problemOf(file, options, async (part) => {
    later.push(await laterOf(part))
  })
  return {pieces: later.flatMap((pieces) => pieces()), problem}
}

/** The statements of a file that is in order. */
export async function statementsOf(file: SqlFile, options: ReadAs = {}): Promise<string[]> {
  const {pieces, problem} = await readingOf(file, options)
  if (problem !== undefined) throw new Error(problem)
  return pieces.map(({text}) => text)
}

/** The first problem of a file, if it has one. */
export async function problemOf(
  file: SqlFile,
  options: ReadAs = {},
  take: (part: Part) => Promise<void> = skip,
): Promise<string | undefined> {
  try {
    for await (const part of partsOf(file, options)) await take(part)
    return undefined
  } catch (error) {
    if (!(error instanceof CruddurError)) throw error
    return `${error.code} ${placeOf(error)} ${error.message}`
  }
}

async function skip(part: Part): Promise<void> {
  if (part.kind === 'copy') for await (const _ of part.rows);
}

export type Content = string | Buffer

/** Runs `fn` in a folder that holds these files, removed afterwards. */
export async function inFolder<T>(
  files: Readonly<Record<string, Content>>,
  fn: (folder: string) => Promise<T>,
): Promise<T> {
  return await withFolder(async (folder) => {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), {recursive: true})
      await writeFile(join(folder, name), content)
    }
    return await fn(folder)
  })
}

export interface ChildResult {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

const LIBRARY = new URL('../../../src/lib/sql/', import.meta.url)
const PACKAGE = fileURLToPath(new URL('../../../', import.meta.url))

/**
 * Runs a module's text in a Node process of its own, where `library` is the folder of what is tested.
 *
 * @param options `input`: written to its standard input, which stays open with `openInput`; `ms`: its
 *   time; `shell`: makes the command, `"$@"`, one of bash's
 */
export async function runModule(
  source: string,
  {
    flags = [],
    input,
    openInput = false,
    ms = 20_000,
    shell,
  }: {
    flags?: readonly string[]
    input?: string | Buffer
    openInput?: boolean
    ms?: number
    shell?: (command: string) => string
  } = {},
): Promise<ChildResult> {
  const text = `const library = ${JSON.stringify(LIBRARY.href)}\n${source}`
  const node = [
    process.execPath,
    ...flags,
    '--import',
    'tsx',
    '--input-type=module',
    '--eval',
    text,
  ]
  const command = shell ? ['bash', '-c', `exec ${shell('"$@"')}`, 'bash', ...node] : node
  const [file = '', ...args] = command
  const child = spawn(file, args, {cwd: PACKAGE, timeout: ms, killSignal: 'SIGKILL'})
  // A child that reads no further is what some tests are about.
  child.stdin.on('error', () => {})
  if (input !== undefined) child.stdin.write(input)
  if (!openInput) child.stdin.end()
  const output = {stdout: '', stderr: ''}
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (data: string) => {
      output[name] += data
    })
  }
  return await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({code, signal, ...output}))
  })
}
