import {readFileSync} from 'node:fs'
import {createRequire} from 'node:module'
import {dirname, join, relative, sep} from 'node:path'
import {Script} from 'node:vm'
import {commandLine} from './command-line.js'
import {type CompiledCode, openCompiledCode} from './compiled.js'

/** Tells this bundle from any other: scripts/bundle.js writes it here. */
declare const BUILD: string

const nodeRequire = createRequire(import.meta.url)

type Run = (
  exports: object,
  require: NodeJS.Require,
  module: {exports: object},
  filename: string,
  dirname: string,
) => void

/**
 * Loads what scripts/bundle.js has written, as Node's `require` does, with two differences: a file of the bundle is where
 * its path says, so nothing is looked up, and V8 is given what it compiled the last time.
 *
 * @param folder of the bundle; everything else is left to Node
 */
export function createLoader(
  folder: string,
  compiled: CompiledCode,
): (path: string) => {exports: object} {
  const modules = new Map<string, {exports: object}>()
  const inside = folder + sep

  function load(path: string): {exports: object} {
    const known = modules.get(path)
    if (known) return known
    const module = {exports: {}}
    modules.set(path, module)
    try {
      run(path, module)
    } catch (error) {
      modules.delete(path)
      throw error
    }
    return module
  }

  function run(path: string, module: {exports: object}): void {
    const name = relative(folder, path)
    const script = new Script(wrapped(readFileSync(path, 'utf8')), {
      filename: path,
      cachedData: compiled.read(name),
    })
    compiled.note(name, script)
    const start: Run = script.runInThisContext()
    start.call(
      module.exports,
      module.exports,
      requireFrom(dirname(path)),
      module,
      path,
      dirname(path),
    )
  }

  function requireFrom(from: string): NodeJS.Require {
    const require = (id: string): unknown => {
      if (id.startsWith('.')) return load(join(from, id)).exports
      return id.startsWith(inside) ? load(id).exports : nodeRequire(id)
    }
    return Object.assign(require, nodeRequire)
  }

  return load
}

function wrapped(source: string): string {
  return `(function (exports, require, module, __filename, __dirname) { ${source}\n})`
}

/**
 * Starts the program.
 *
 * @param root the package's folder
 */
export function start(root: string): void {
  const dist = join(root, 'dist')
  const argv = commandLine(process.argv)
  // What is compiled knows where it lies: a copy elsewhere would be called by that place in stack traces.
  const load = createLoader(
    dist,
    openCompiledCode({argv, build: `${BUILD} ${dist}`, env: process.env}),
  )
  const {main} = load(join(dist, 'main.js')).exports as typeof import('./main.js')
  void main(root)
}
