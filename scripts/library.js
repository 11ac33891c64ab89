// What `import … from 'cruddur-db'` finds: an ES module over the bundle, and types that ask for no package.
import {readFileSync, writeFileSync} from 'node:fs'
import ts from 'typescript'

/** In the order in which they are read; the last one says what is exported. */
const SOURCES = [
  'src/lib/error.ts',
  'src/lib/template/value.ts',
  'src/library/types.ts',
  'src/library/db.ts',
  'src/library/home-activities.ts',
  'src/library/create-activity.ts',
]
const INDEX = 'src/library/index.ts'

/** `import …`, and what is only passed on. */
const PASSED = /^(?:import [^;]*;|export (?:type )?(?:\{[^}]*\}|\*) from [^;]*;|export \{\};)\n/gm
/** TypeScript, which sees no library here, declares the method a second time, as a property. */
const TWICE = /^ {4}\[Symbol\.asyncDispose\]: .*\n/gm
const EXPORTED = /^export (?=declare|interface|type)/gm

export function writeLibrary() {
  const names = [...readFileSync(INDEX, 'utf8').matchAll(/^export \{(\w+)\}/gm)].map(
    ([, name]) => name,
  )
  const list = names.join(', ')
  writeFileSync(
    'dist/library.mjs',
    `import library from './library.js'\nexport const {${list}} = library\n`,
  )
  const declarations = SOURCES.map(declarationsOf).join('')
  const types = typeNames().join(', ')
  const head = '/// <reference lib="esnext.disposable" />\ntype ErrorCode = string;\n'
  const text = `${head}${declarations}export {${list}};\nexport type {${types}};\n`
  // dist/ is CommonJS to TypeScript; whoever imports and whoever requires has a file.
  for (const path of ['dist/library.d.mts', 'dist/library.d.ts']) writeFileSync(path, text)
}

/** @param {string} path */
function declarationsOf(path) {
  const {diagnostics = [], outputText} = ts.transpileDeclaration(readFileSync(path, 'utf8'), {
    compilerOptions: {isolatedDeclarations: true, target: ts.ScriptTarget.ES2022},
    fileName: path,
    reportDiagnostics: true,
  })
  const [problem] = diagnostics
  if (problem)
    throw new Error(`${path}: ${ts.flattenDiagnosticMessageText(problem.messageText, ' ')}`)
  return outputText.replaceAll(PASSED, '').replaceAll(TWICE, '').replaceAll(EXPORTED, '')
}

/** Every type that the library's users can name. */
function typeNames() {
  const text = ['src/lib/template/value.ts', 'src/library/types.ts'].map((path) =>
    readFileSync(path, 'utf8'),
  )
  return text.flatMap((each) =>
    [...each.matchAll(/^export (?:type|interface) (\w+)/gm)].map(([, name]) => name),
  )
}
