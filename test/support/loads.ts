import {execFile} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'
import {expect} from 'vitest'
import {type ProgramOptions, type ProgramResult, packageRoot, runProgram} from './program.js'

/** Tells at the process's end which files it has run, CommonJS and ES modules alike. */
const FILES_HOOK = `
const {writeFileSync} = require('node:fs')
const {Session} = require('node:inspector')
const urls = new Set()
const session = new Session()
session.connect()
session.on('Debugger.scriptParsed', ({params}) => urls.add(params.url))
session.post('Debugger.enable')
process.on('exit', () => writeFileSync(process.env.LOADS, JSON.stringify([...urls])))
`

/** Tells which of Node's own modules were loaded; by itself, since the other one loads the inspector. */
const BUILTINS_HOOK = `
const {writeFileSync} = require('node:fs')
process.on('exit', () => writeFileSync(process.env.LOADS, JSON.stringify(process.moduleLoadList)))
`

/** How such a module begins its line in Node's list. */
const BUILTIN = 'NativeModule '

export interface Loads {
  /** An empty folder to run the program in. */
  folder: string
  /** Has a program that is run with these tell which files it has run. */
  options: (env?: Record<string, string>) => ProgramOptions
  /** The files that the process which ended last has run, Node's own left out. */
  files: () => string[]
  /** Runs the program, and tells which files it has run. */
  run: (
    args: readonly string[],
    env?: Record<string, string>,
  ) => Promise<ProgramResult & {files: string[]}>
  /** Runs the program, and tells which of Node's own modules it has loaded, as in `http` or `internal/url`. */
  runForBuiltins: (
    args: readonly string[],
    env?: Record<string, string>,
  ) => Promise<ProgramResult & {builtins: string[]}>
  /** Those that Node loads to run an empty file, which differ from version to version. */
  builtinsOfNode: () => Promise<string[]>
  close: () => void
}

/** Finds out what the built program loads. */
export function openLoads(): Loads {
  const folder = mkdtempSync(join(tmpdir(), 'cruddur-db-loads-'))
  const told = join(folder, 'loads')
  const hooks = {files: join(folder, 'files.cjs'), builtins: join(folder, 'builtins.cjs')}
  writeFileSync(hooks.files, FILES_HOOK)
  writeFileSync(hooks.builtins, BUILTINS_HOOK)
  const hookedBy = (hook: string, env: Record<string, string> = {}): ProgramOptions => {
    const hooked = {NODE_OPTIONS: `--require ${JSON.stringify(hook)}`, LOADS: told}
    const home = {CRUDDUR_DB_HOME: join(folder, 'home')}
    return {cwd: folder, env: {PATH: `${folder}:/usr/bin:/bin`, ...home, ...hooked, ...env}}
  }
  const options: Loads['options'] = (env) => hookedBy(hooks.files, env)
  const lines = (): string[] => JSON.parse(readFileSync(told, 'utf8'))
  const files: Loads['files'] = () => {
    const found = lines()
      .filter((url) => url.startsWith('file:'))
      .map((url) => fileURLToPath(url))
    expect(found).toContain(join(packageRoot, 'dist', 'main.js'))
    return found.filter((file) => file !== hooks.files)
  }
  const builtins = (): string[] =>
    lines()
      .filter((line) => line.startsWith(BUILTIN))
      .map((line) => line.slice(BUILTIN.length))
  return {
    folder,
    options,
    files,
    run: async (args, env) => {
      rmSync(told, {force: true})
      return {...(await runProgram(args, options(env))), files: files()}
    },
    runForBuiltins: async (args, env) => {
      rmSync(told, {force: true})
      const result = await runProgram(args, hookedBy(hooks.builtins, env))
      return {...result, builtins: builtins()}
    },
    builtinsOfNode: async () => {
      const empty = join(folder, 'empty.cjs')
      writeFileSync(empty, '')
      const {cwd, env} = hookedBy(hooks.builtins)
      await promisify(execFile)(process.execPath, [empty], {cwd, env})
      return builtins()
    },
    close: () => rmSync(folder, {recursive: true, force: true}),
  }
}
