import {execFileSync, spawnSync} from 'node:child_process'
import {beforeAll, describe, expect, test} from 'vitest'
import {modelOf} from '../../../src/lib/diagram/model.js'
import {drawSvg} from '../../../src/lib/diagram/svg.js'
import type {Schema} from '../../../src/lib/postgres/schema/schema.js'
import {printable} from '../../../src/lib/target/text.js'
import {elementsOf, readXml, textOf, type XmlElement} from './read-xml.js'
import {AWKWARD, AWKWARD_NAMES, foreignKey, NETWORK, table} from './schemas.js'

const draw = (schema: Schema): Promise<string> => drawSvg(modelOf(schema))
const drawn = async (schema: Schema): Promise<XmlElement> => readXml(await draw(schema))
const words = (root: XmlElement): string[] => elementsOf(root, 'text').map(textOf)
const titles = (root: XmlElement): string[] => elementsOf(root, 'title').map(textOf)

const hasXmllint = spawnSync('xmllint', ['--version']).status === 0

describe('a picture', () => {
  let root: XmlElement
  beforeAll(async () => {
    root = await drawn(NETWORK)
  })

  test('shows every table, column, type, key and what may not be null', () => {
    expect(words(root)).toEqual([
      ...['activities', 'PK', 'id', 'integer'],
      ...['FK', 'user_id', 'integer', 'not null', 'FK', 'reply_to', 'integer'],
      ...['message', 'text', 'not null'],
      ...['profiles', 'PK FK', 'user_id', 'integer', 'bio', 'text'],
      ...['users', 'PK', 'id', 'integer', 'UK', 'handle', 'text', 'not null'],
      ...['first', 'text', 'last', 'text', 'unique (first, last)'],
    ])
  })

  test('has a line for every foreign key, which says what it is', () => {
    expect(titles(root)).toEqual([
      'Database schema: 3 tables',
      'activities.reply_to → activities.id',
      'activities.user_id → users.id, on delete cascade',
      'profiles.user_id → users.id',
      'activities',
      'profiles',
      'users',
    ])
    const lines = elementsOf(root, 'path').filter((e) => e.attributes.get('class') === 'line')
    const ends = lines.map(({attributes}) => [
      attributes.get('marker-start'),
      attributes.get('marker-end'),
    ])
    expect(ends).toEqual([
      ['url(#schema-zero-or-one)', 'url(#schema-zero-or-many)'],
      ['url(#schema-one)', 'url(#schema-zero-or-many)'],
      ['url(#schema-one)', 'url(#schema-zero-or-one)'],
    ])
    const drawings = elementsOf(root, 'marker').map(({attributes}) => attributes.get('id'))
    expect(drawings.toSorted()).toEqual(['schema-one', 'schema-zero-or-many', 'schema-zero-or-one'])
  })

  test('is described in words for whoever cannot see it', () => {
    expect(root.attributes.get('role')).toBe('img')
    expect(root.attributes.get('aria-labelledby')).toBe('schema-title schema-description')
    expect(elementsOf(root, 'desc').map(textOf)).toEqual([
      `activities: id PK, user_id FK, reply_to FK, message.
profiles: user_id PK FK, bio.
users: id PK, handle UK, first, last.
activities.reply_to → activities.id.
activities.user_id → users.id, on delete cascade.
profiles.user_id → users.id.`,
    ])
  })

  test('has colours for dark backgrounds, a ground of its own, and nothing from elsewhere', async () => {
    const text = await draw(NETWORK)
    expect(text).toContain('@media (prefers-color-scheme:dark)')
    expect(elementsOf(root, 'rect')[0]?.attributes.get('class')).toBe('paper')
    expect(text.replace('http://www.w3.org/2000/svg', '')).not.toMatch(
      /https?:|<script|<image|<a |href|@import|on\w+=/,
    )
  })

  test('of the same schema is the same, byte for byte', async () => {
    expect(await draw(NETWORK)).toBe(await draw(structuredClone(NETWORK)))
  })

  test('has each line begin and end at the rows of its columns', async () => {
    const schema: Schema = {
      tables: [
        table('a', ['one', 'two'], {
          primaryKey: ['one', 'two'],
        }),
        table('b', ['x', 'y', 'z'], {
          foreignKeys: [
            foreignKey('y', 'a.one', {
              columns: ['y', 'z'],
              references: {schema: 'public', table: 'a', columns: ['two', 'one']},
            }),
          ],
        }),
      ],
    }
    const picture = await drawn(schema)
    const corners = elementsOf(picture, 'g').flatMap(({attributes}) => {
      const [, x, y] = /translate\((\S+) (\S+)\)/.exec(attributes.get('transform') ?? '') ?? []
      return x === undefined ? [] : [{x: Number(x), y: Number(y)}]
    })
    const [a, b] = corners
    const borders = elementsOf(picture, 'rect').filter(
      ({attributes}) => attributes.get('class') === 'border',
    )
    const width = Number(borders[0]?.attributes.get('width'))
    const row = (corner: {y: number} | undefined, place: number): number =>
      Number(((corner?.y ?? 0) + 30 + 22 * place + 11).toFixed(1))
    const lines = elementsOf(picture, 'path')
      .map(({attributes}) => attributes)
      .filter((attributes) => attributes.get('class') === 'line')
    const paths = lines.map((attributes) => attributes.get('d') ?? '')
    const ends = paths.map((d) => [/^M(\S+ [\d.-]+)/.exec(d)?.[1], /L(\S+ [\d.-]+)$/.exec(d)?.[1]])
    // The curve itself leaves at the same height.
    const curves = paths.map((d) => /^M\S+ [\d.-]+L\S+ ([\d.-]+)C/.exec(d)?.[1])
    expect(curves.map(Number)).toEqual([expect.closeTo(row(a, 1), 0), expect.closeTo(row(a, 0), 0)])
    expect(paths.every((_, place) => lines[place]?.get('marker-end')?.includes('many'))).toBe(true)
    const left = Number(((a?.x ?? 0) + width).toFixed(1))
    expect(ends).toEqual([
      [`${left} ${row(a, 1)}`, `${b?.x} ${row(b, 1)}`],
      [`${left} ${row(a, 0)}`, `${b?.x} ${row(b, 2)}`],
    ])
  })
})

describe('names', () => {
  test('of any kind are shown as they are, and cannot break out', async () => {
    const root = await drawn(AWKWARD)
    const shown = words(root)
    for (const name of AWKWARD_NAMES) {
      const wanted = printable(name).replaceAll('\ufffe', '\ufffd')
      expect(shown.filter((text) => text === wanted).length, wanted).toBeGreaterThanOrEqual(2)
    }
    const names = new Set(['svg', 'title', 'desc', 'style', 'defs', 'marker', 'g', 'rect', 'path'])
    const strange = (element: XmlElement): string[] => [
      ...(names.has(element.name) || /^(?:text|circle)$/.test(element.name) ? [] : [element.name]),
      ...element.children.flatMap((child) => (typeof child === 'string' ? [] : strange(child))),
    ]
    expect(strange(root)).toEqual([])
  })

  test.skipIf(!hasXmllint)('of any kind leave it well-formed for another parser too', async () => {
    const options = {input: await draw(AWKWARD), encoding: 'utf8'} as const
    expect(execFileSync('xmllint', ['--noout', '--nonet', '-'], options)).toBe('')
  })

  test('are given room for characters that are two columns wide', async () => {
    const widthOf = async (name: string): Promise<number> => {
      const borders = elementsOf(await drawn({tables: [table(name, [])]}), 'rect')
      return Number(borders.at(-1)?.attributes.get('width'))
    }
    expect(await widthOf('漢字漢字')).toBe(await widthOf('abcdefgh'))
  })
})

describe('schemas', () => {
  test('have a frame each where there are several, and tables of the same name stay apart', async () => {
    const tables = [
      table('users', ['id!'], {schema: 'a.b', primaryKey: ['id']}),
      table('users', ['id!'], {
        schema: 'public',
        foreignKeys: [
          foreignKey('id', '', {references: {schema: 'a.b', table: 'users', columns: ['id']}}),
        ],
      }),
    ]
    const root = await drawn({tables})
    const frames = elementsOf(root, 'rect').filter((e) => e.attributes.get('class') === 'frame')
    expect(frames).toHaveLength(2)
    expect(words(root).slice(0, 2)).toEqual(['a.b', 'public'])
    expect(titles(root)).toEqual([
      'Database schema: 2 tables in 2 schemas',
      'public.users.id → "a.b".users.id',
      '"a.b".users',
      'public.users',
    ])
  })

  test('a foreign key to a table that is not shown is a mark and no line', async () => {
    const keys = [foreignKey('a', 'absent.id')]
    const root = await drawn({tables: [table('t', ['a'], {foreignKeys: keys})]})
    expect(words(root)).toEqual(['t', 'FK', 'a', 'integer'])
    expect(titles(root)).toEqual(['Database schema: 1 table', 't'])
  })

  test('a table that is none of the ordinary is named so; one without columns is drawn', async () => {
    const tables = [table('empty', []), table('parted', ['a'], {kind: 'partitioned table'})]
    expect(words(await drawn({tables}))).toEqual([
      'empty',
      'parted',
      'partitioned table',
      'a',
      'integer',
    ])
  })
})

describe('size', () => {
  const many = (count: number, columns: number, parents: number): Schema => ({
    tables: Array.from({length: count}, (_, i) =>
      table(
        `t${i}`,
        Array.from({length: columns}, (_, c) => `c${c}`),
        {
          primaryKey: ['c0'],
          foreignKeys: Array.from({length: i === 0 ? 0 : parents}, (_, k) =>
            foreignKey(`c${k + 1}`, `t${(i * 7919 + k * 31) % i}.c0`),
          ),
        },
      ),
    ),
  })

  test('300 tables with 600 foreign keys are drawn within some seconds', async () => {
    const begun = Date.now()
    const root = await drawn(many(300, 8, 2))
    expect(Date.now() - begun).toBeLessThan(10_000)
    expect(titles(root)).toHaveLength(1 + 300 + 598)
  })

  test('a table of 500 columns is drawn whole', async () => {
    expect(words(await drawn(many(1, 500, 0)))).toHaveLength(1 + 1 + 2 * 500)
  })

  test.each([
    ['one schema', 1],
    ['several', 2],
  ])(
    'tables of %s that have nothing to do with each other do not stand in one column',
    async (_, schemas) => {
      const {tables} = many(100, 8, 0)
      const placed = tables.map((found, i) => ({...found, schema: `s${i % schemas}`}))
      const {attributes} = await drawn({tables: placed})
      const [width, height] = [Number(attributes.get('width')), Number(attributes.get('height'))]
      expect(Math.max(width / height, height / width)).toBeLessThan(2)
    },
  )
})
