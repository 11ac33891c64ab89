import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {pathToFileURL} from 'node:url'
import {build} from 'esbuild'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type Change, changeLibraries, replace, standIn} from '../../scripts/change-libraries.js'

let folder: string
let library: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-change-libraries-'))
  library = join(folder, 'node_modules', 'library', 'index.js')
  mkdirSync(join(library, '..'), {recursive: true})
  writeFileSync(library, "exports.word = 'old'\n")
})
afterAll(() => rmSync(folder, {recursive: true, force: true}))

async function bundled(changes: Change[]): Promise<string> {
  const {outputFiles} = await build({
    bundle: true,
    entryPoints: [library],
    logLevel: 'silent',
    plugins: [changeLibraries(changes)],
    write: false,
  })
  return outputFiles[0]?.text ?? ''
}

const FILE = /\/library\/index\.js$/
/** Of what stands in the file above. */
const SHA256 = '194ed72a7625906639ecf69ed3893af89b3971cd8303ee04fd1d4426a2043971'

describe('a library is changed', () => {
  test('in one text after the other', async () => {
    const changes = [replace(FILE, "'old'", "'new'"), replace(FILE, "'new'", "'newer'")]
    expect(await bundled(changes)).toContain('"newer"')
  })

  test('as a whole, while it is the file that ours was written for', async () => {
    const ours = join(folder, 'ours.js')
    writeFileSync(ours, "exports.word = 'ours'\n")
    const change = standIn(FILE, SHA256, pathToFileURL(ours))
    expect(await bundled([change])).toContain('"ours"')
  })
})

describe('the build fails', () => {
  test.each<[string, () => Change, RegExp]>([
    ['where the text is not there any more', () => replace(FILE, 'gone', ''), /0 times, not once/],
    ['where it is there twice', () => replace(FILE, 'o', ''), /[2-9] times, not once/],
    [
      'where a file that ours stands for is another one',
      () => standIn(FILE, 'x', new URL('file:///x')),
      /has changed/,
    ],
    [
      'where a file is not in the bundle any more',
      () => replace(/\/gone\.js$/, 'a', 'b'),
      /no file of the bundle/,
    ],
  ])('%s', async (_, change, message) => {
    await expect(bundled([change()])).rejects.toThrow(message)
  })
})
