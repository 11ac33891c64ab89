import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {createRequire} from 'node:module'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {build, type Plugin} from 'esbuild'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {literalKeys} from '../../scripts/literal-keys.js'

type Exports = Record<string, unknown>

const load = createRequire(import.meta.url)
let folder: string
let count = 0

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-literal-keys-'))
})
afterAll(() => rmSync(folder, {recursive: true, force: true}))

function write(name: string, source: string): string {
  const path = join(folder, `${++count}-${name}`)
  writeFileSync(path, source)
  return path
}

/** Bundles a module as the build does, and runs the bundle. */
async function bundle(entry: string, plugins: Plugin[]) {
  const {outputFiles} = await build({
    bundle: true,
    entryPoints: [entry],
    format: 'cjs',
    logLevel: 'silent',
    mainFields: ['module', 'main'],
    platform: 'node',
    plugins,
    target: 'node20',
    write: false,
  })
  const text = outputFiles[0]?.text ?? ''
  return {text, exports: load(write('bundle.cjs', text)) as Exports}
}

/** What a source exports without the step, with it, and the text it has become. */
async function both(source: string) {
  const path = write('schemas_0.js', source)
  const plain = await bundle(path, [])
  const {exports, text} = await bundle(path, [literalKeys(/schemas_0\.js$/)])
  return {before: {...plain.exports}, after: {...exports}, text}
}

describe('a computed key whose constant is a string', () => {
  test('becomes the string, wherever the constant is used besides', async () => {
    const {after, text} = await both(`
const _xN = "xmlName";
const _h = "x-amz-header";
export const schema = [_xN, {[_xN]: 1, [_h]: _xN}];
`)
    expect(after).toEqual({schema: ['xmlName', {xmlName: 1, 'x-amz-header': 'xmlName'}]})
    expect(text).toContain('{ "xmlName": 1, "x-amz-header": _xN }')
  })

  test('does so in objects within objects, on one line or several', async () => {
    const {after, text} = await both(`
const _a = "a";
const _b = "b";
export const schema = {
    [_a]: [{ [_b]: { [_a]: 1 } },
        () => ({ [_b]: 2 })], [_b]: 3
};
export const inner = schema[_a][1]();
`)
    expect(after).toMatchObject({schema: {a: [{b: {a: 1}}, expect.any(Function)], b: 3}})
    expect(after).toMatchObject({inner: {b: 2}})
    expect(text).not.toMatch(/\[_[ab]\]:/)
  })

  test('lets esbuild leave out the objects that nobody asks for', async () => {
    const source = `
const _xN = "xmlName";
export const wanted = [0, {[_xN]: "Wanted"}];
export const unwanted = [0, {[_xN]: "Unwanted"}];
`
    const entry = `export {wanted} from ${JSON.stringify(write('schemas_0.js', source))}`
    const plain = await bundle(write('entry.js', entry), [])
    expect(plain.text).toContain('Unwanted')
    const {text, exports} = await bundle(write('entry.js', entry), [literalKeys(/schemas_0\.js$/)])
    expect(text).not.toContain('Unwanted')
    expect(exports['wanted']).toEqual([0, {xmlName: 'Wanted'}])
  })
})

describe('what the result says stays the same', () => {
  test.each([
    ['a number', '7'],
    ['a symbol', 'Symbol.for("k")'],
    ['a template', '`a`'],
    ['two strings', '"a" + "b"'],
    ['a string with a quote in it', String.raw`"a\"b"`],
    ['a string with an escaped letter', String.raw`"\u0041"`],
    ['the name of the prototype', '"__proto__"'],
    ['the same with an escaped letter', String.raw`"\u005f_proto__"`],
  ])('for a constant that is %s', async (_, value) => {
    const {before, after} = await both(`const _k = ${value};\nexport const s = {[_k]: {a: 1}};`)
    expect(own(after['s'])).toEqual(own(before['s']))
    expect(own(after['s'])).toHaveLength(1)
  })

  test('for a variable', async () => {
    const {after} = await both('let _k = "a";\n_k = "b";\nexport const s = {[_k]: 1};')
    expect(after).toEqual({s: {b: 1}})
  })

  test('for a constant of another place', async () => {
    const {after} = await both(
      'const _k = 7;\n{\n  const _k = "a";\n}\nexport const s = {[_k]: 1};',
    )
    expect(after).toEqual({s: {7: 1}})
  })

  // A constant and one key of it stand before each.
  test.each([
    ['in a string', String.raw`export const t = "{[_k]: \"{[_k]: 1}\"}";`],
    ['in a string in single quotes', String.raw`export const t = '{[_k]: "\'{[_k]: 1}';`],
    ['in a template', 'export const t = `{[_k]: 1}`;'],
    ['in a string behind a comment with a quote', `// don't\nexport const t = '{[_k]: 1}';`],
    ['in a string behind a longer comment', `/* don't\n */ export const t = '{[_k]: 1}';`],
    ['a list between two others', 'export const t = s ? [_k]: [1];'],
    ['an element that is read', 'export const t = s ? s[_k]: [1];'],
  ])('for what looks like such a key and is %s', async (_, source) => {
    const {before, after} = await both(`const _k = "a";\nexport const s = {[_k]: 1};\n${source}`)
    expect(after).toEqual(before)
    expect(after['s']).toEqual({a: 1})
  })

  test('for a file that is not named', async () => {
    const path = write('other.js', 'const _k = "a";\nexport const schema = {[_k]: 1};')
    const {text} = await bundle(path, [literalKeys(/schemas_0\.js$/)])
    expect(text).toContain('[_k]: 1')
  })
})

describe.each(['client-ec2', 'client-rds'])('the schemas of @aws-sdk/%s', (client) => {
  const path = fileURLToPath(
    new URL(`../../node_modules/@aws-sdk/${client}/dist-es/schemas/schemas_0.js`, import.meta.url),
  )

  test('are the same with literal keys, each and every one', async () => {
    const before = await bundle(path, [])
    const after = await bundle(path, [literalKeys(/schemas_0\.js$/)])
    expect(before.text).toMatch(/\[_\w+\]:/)
    expect(after.text).not.toMatch(/\[_\w+\]:/)
    expect(Object.keys(after.exports).length).toBeGreaterThan(100)
    const {differences, compared} = compare(before.exports, after.exports)
    expect(differences).toEqual([])
    expect(compared).toBeGreaterThan(Object.keys(after.exports).length)
  })
})

/** An object's own properties, `__proto__` too. */
function own(object: unknown): [key: PropertyKey, value: unknown][] {
  const properties = Object(object)
  return Reflect.ownKeys(properties).map((key) => [key, Reflect.get(properties, key)])
}

/**
 * Compares two values with all that can be reached from them, order and sharing included. Functions that only
 * lead on to a schema (`() => Instance$`) are followed, classes compared by name.
 */
function compare(one: unknown, other: unknown) {
  const differences: string[] = []
  const met = new Map<unknown, unknown>()
  const open: [path: string, one: unknown, other: unknown][] = [['', one, other]]
  for (let pair = open.pop(); pair; pair = open.pop()) {
    const [path, a, b] = pair
    if (met.has(a)) {
      if (met.get(a) !== b) differences.push(`${path}: another object`)
      continue
    }
    if (!isObject(a) || !isObject(b)) {
      if (!Object.is(a, b)) differences.push(`${path}: ${String(a)} and ${String(b)}`)
      continue
    }
    met.set(a, b)
    const [left, right] = [parts(a), parts(b)]
    const keys = left.map(([key]) => key)
    if (keys.join() !== right.map(([key]) => key).join())
      differences.push(`${path}: ${keys} and ${right.map(([key]) => key)}`)
    for (const [index, [key, value]] of left.entries())
      open.push([`${path}.${key}`, value, right[index]?.[1]])
  }
  return {differences, compared: met.size}
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

/** What a value consists of, its kind first. */
function parts(value: object): [key: string, value: unknown][] {
  if (typeof value === 'function') {
    const leadsTo: () => unknown = value.bind(undefined)
    return 'prototype' in value ? [['class', value.name]] : [['leads to', leadsTo()]]
  }
  const entries: [string, unknown][] = Object.entries(value instanceof Map ? [...value] : value)
  return [['kind', value.constructor?.name], ...entries]
}
