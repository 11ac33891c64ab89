import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import {dirname, isAbsolute, join} from 'node:path'
import type {Script} from 'node:vm'

/** What V8 made of the program's files. */
export interface CompiledCode {
  /** What is known of a file. */
  read: (name: string) => Buffer | undefined
  /** Has the file's code kept at the end of the process, with the functions that have run by then. */
  note: (name: string, script: Script) => void
}

interface Header {
  /** Of another bundle or another Node nothing can be used. V8 looks at its own version, but of the source only at its length. */
  origin: string
  /** Name and length of each, in their order behind the header. */
  parts: [string, number][]
}

interface Options {
  argv: readonly string[]
  build: string
  env: NodeJS.ProcessEnv
}

const NOTHING: CompiledCode = {read: () => undefined, note: () => {}}
/** For help, a version, a mistyped command. */
const NO_COMMAND = 'other'

/**
 * Node has `module.enableCompileCache` from 22.1 on, but keeps there what was compiled before anything ran: most functions
 * are compiled when they are called, so that half of the time is still lost. Hence one file for each command, in the user's
 * own cache: what is in it is run, so it must be the user's, and nobody else's to write.
 */
export function openCompiledCode({argv, build, env}: Options): CompiledCode {
  const folder = cacheFolder(env)
  if (!folder) return NOTHING
  const [, , command = ''] = argv
  const origin = `${build} ${process.execPath}`
  const words = /^[a-z][a-z-]*$/.test(command) ? [command, NO_COMMAND] : [NO_COMMAND]
  const kept = readFirst(
    words.map((word) => join(folder, word)),
    origin,
  )
  const scripts = new Map<string, Script>()
  process.on('exit', () => {
    const isNew = [...scripts].some(
      ([name, script]) => !kept.has(name) || script.cachedDataRejected,
    )
    if (!isNew) return
    const file = scripts.has(join('commands', `${command}.js`)) ? command : NO_COMMAND
    try {
      write(join(folder, file), origin, () => merged(kept, scripts))
    } catch {
      // It is slower without, and that is all.
    }
  })
  return {
    read: (name) => kept.get(name),
    note: (name, script) => scripts.set(name, script),
  }
}

/** Variables as Node and XDG have them. */
function cacheFolder(env: NodeJS.ProcessEnv): string | undefined {
  if (env['NODE_DISABLE_COMPILE_CACHE'] || env['NODE_V8_COVERAGE']) return undefined
  const {HOME, LOCALAPPDATA, XDG_CACHE_HOME} = env
  const cache = XDG_CACHE_HOME || LOCALAPPDATA || (HOME && join(HOME, '.cache'))
  if (!cache || !isAbsolute(cache)) return undefined
  return join(cache, 'cruddur-db', 'compiled', `${process.version}-${process.arch}`)
}

function readFirst(files: string[], origin: string): Map<string, Buffer> {
  for (const file of files) {
    try {
      return read(file, origin)
    } catch {
      // Not there, not readable, or not whole.
    }
  }
  return new Map()
}

/** @throws what Node throws for a file that is not there, or that is not as `write` writes it */
function read(file: string, origin: string): Map<string, Buffer> {
  const parts = new Map<string, Buffer>()
  const bytes = readOwn(file)
  if (!bytes) return parts
  const headerEnd = bytes.indexOf('\n')
  const header: Header = JSON.parse(bytes.toString('utf8', 0, headerEnd))
  if (header.origin !== origin) return parts
  let start = headerEnd + 1
  for (const [name, length] of header.parts) {
    parts.set(name, bytes.subarray(start, start + length))
    start += length
  }
  return parts
}

/** A file that somebody else owns or may write is as good as none; a pipe must not be waited for. */
function readOwn(file: string): Buffer | undefined {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const found = fstatSync(fd)
    const usable = found.isFile() && isOwn(found.uid) && (found.mode & 0o022) === 0
    return usable ? readFileSync(fd) : undefined
  } finally {
    closeSync(fd)
  }
}

/** Windows has no such numbers: there the folder is one of the user's profile. */
function isOwn(uid: number): boolean {
  return process.getuid === undefined || process.getuid() === uid
}

function merged(kept: Map<string, Buffer>, scripts: Map<string, Script>): Map<string, Buffer> {
  const all = new Map(kept)
  for (const [name, script] of scripts) all.set(name, script.createCachedData())
  return all
}

/** Appears whole or not at all, also after the power has failed: V8 would run what it is given. */
function write(file: string, origin: string, make: () => Map<string, Buffer>): void {
  makeFolder(dirname(file))
  const draft = `${file}.${process.pid}`
  const fd = openSync(draft, 'wx', 0o600)
  try {
    const all = make()
    const header: Header = {origin, parts: Array.from(all, ([name, {length}]) => [name, length])}
    writeAll(fd, Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), ...all.values()]))
    fsyncSync(fd)
    renameSync(draft, file)
  } catch (error) {
    rmSync(draft, {force: true})
    throw error
  } finally {
    closeSync(fd)
  }
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at)
}

/**
 * Node's own `recursive` never ends in /proc.
 *
 * @throws Error where the folder would be in somebody else's: root with a user's HOME (`sudo`) must not make what that user
 * cannot write; or what Node throws
 */
function makeFolder(folder: string): void {
  const found = statSync(folder, {throwIfNoEntry: false})
  if (found) {
    if (!isOwn(found.uid)) throw new Error(`${folder} is somebody else's`)
    return
  }
  makeFolder(dirname(folder))
  mkdirSync(folder, {mode: 0o700})
}
