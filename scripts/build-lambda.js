// Builds each function in aws/lambdas/ into one zip in dist-lambda/, which `aws lambda update-function-code` takes as it is.
import {mkdirSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {buffer} from 'node:stream/consumers'
import {fileURLToPath, pathToFileURL} from 'node:url'
import {build} from 'esbuild'
import {ZipFile} from 'yazl'
import {changeLibraries} from './change-libraries.js'
import {CHANGES} from './changes.js'
import {NOTICES, noticesOf} from './notices.js'

const SOURCES = 'aws/lambdas'

/** The same input makes the same bytes, so that Lambda's CodeSha256 tells whether anything is new. */
const EPOCH = new Date(1980, 0, 1)
const READABLE = 0o100644

/** Those to node-postgres: the rest are to what no function uses. */
const OWN_CHANGES = CHANGES.filter(({file}) => file.source.includes('pg\\/lib'))

/**
 * What the zip holds: the function's code and all that it uses, in one file, and the licences of that.
 *
 * @param {string} name its folder in aws/lambdas/
 * @returns {Promise<Record<string, Buffer>>}
 */
async function bundled(name) {
  const {metafile, outputFiles} = await build({
    bundle: true,
    define: {'import.meta.url': '__filename'},
    entryPoints: [join(SOURCES, name, 'index.ts')],
    external: ['pg-native'],
    format: 'cjs',
    legalComments: 'none',
    mainFields: ['module', 'main'],
    metafile: true,
    minify: true,
    platform: 'node',
    plugins: [changeLibraries(OWN_CHANGES)],
    target: 'node22',
    write: false,
  })
  const [file] = outputFiles
  if (!file) throw new Error(`esbuild made nothing of ${name}`)
  const used = Object.values(metafile.outputs).flatMap(({inputs}) => Object.keys(inputs))
  return {
    'index.js': Buffer.from(file.contents),
    [NOTICES]: Buffer.from(noticesOf(used)),
  }
}

/**
 * @param {Record<string, Buffer>} files by their names in the zip
 * @returns the zip's bytes
 */
function zipped(files) {
  const zip = new ZipFile()
  for (const name of Object.keys(files).sort()) {
    const options = {mtime: EPOCH, mode: READABLE, forceDosTimestamp: true}
    zip.addBuffer(files[name] ?? Buffer.alloc(0), name, options)
  }
  zip.end()
  return buffer(zip.outputStream)
}

/**
 * Writes `NAME.zip` into `folder` for each function.
 *
 * @param {string} folder
 * @returns {Promise<{path: string, bytes: number}[]>}
 */
export async function buildLambdas(folder) {
  mkdirSync(folder, {recursive: true})
  const names = readdirSync(SOURCES, {withFileTypes: true}).filter((entry) => entry.isDirectory())
  return Promise.all(
    names.map(async ({name}) => {
      const zip = await zipped(await bundled(name))
      const path = join(folder, `${name}.zip`)
      writeFileSync(path, zip)
      return {path, bytes: zip.length}
    }),
  )
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.chdir(fileURLToPath(new URL('..', import.meta.url)))
  rmSync('dist-lambda', {force: true, recursive: true})
  for (const {path, bytes} of await buildLambdas('dist-lambda'))
    console.log(`${path}  ${(bytes / 1024).toFixed(0)} KiB`)
}
