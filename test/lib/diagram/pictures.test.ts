import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {drawSchema} from '../../../src/lib/diagram/diagram.js'
import {readSchema} from '../../../src/lib/postgres/schema/read.js'
import {connect, urlOf, withDatabase} from '../../support/postgres.js'
import {packageRoot, runProgram} from '../../support/program.js'
import {elementsOf, readXml, textOf} from './read-xml.js'

const fileOf = (...path: string[]): string => readFileSync(join(packageRoot, ...path), 'utf8')

test("the picture of Cruddur's schema in docs/ is what is drawn now (else: npm run pictures)", async () => {
  await withDatabase(async (name) => {
    const made = await runProgram(['setup', '--no-seed', '--url', urlOf(name)], {cwd: packageRoot})
    expect(made.code, made.stderr).toBe(0)
    const client = await connect(name)
    const schema = await readSchema(client)
    await client.end()
    expect(await drawSchema(schema, 'svg')).toBe(fileOf('docs', 'pictures', 'schema.svg'))
  })
})

test('the recorded session is an SVG of at most 150 KB that moves for whoever wants that', () => {
  const text = fileOf('docs', 'pictures', 'session.svg')
  expect(Buffer.byteLength(text)).toBeLessThan(150_000)
  const root = readXml(text)
  expect(elementsOf(root, 'script')).toEqual([])
  const style = elementsOf(root, 'style').map(textOf).join()
  expect(style).toContain('@media (prefers-color-scheme:dark)')
  expect(style).toMatch(/@media \(prefers-reduced-motion:no-preference\)\{\.film\{animation:/)
  const frames = elementsOf(root, 'g').filter(({attributes}) => attributes.has('transform'))
  expect(frames.length).toBeGreaterThan(20)
  const drawn = new Set(elementsOf(root, 'g').map(({attributes}) => attributes.get('id')))
  const used = elementsOf(root, 'use').map(({attributes}) => attributes.get('href')?.slice(1))
  expect(used.filter((id) => !drawn.has(id))).toEqual([])
})

test('the recorded session shows nothing of the machine it was made on', () => {
  const root = readXml(fileOf('docs', 'pictures', 'session.svg'))
  const shown = elementsOf(root, 'text').map(textOf).join('\n')
  expect(shown).toContain('cruddur-db setup')
  expect(shown).not.toMatch(/\/(?:home|root|tmp|Users|var|work)\b/)
})
