import {describe, expect, test} from 'vitest'
import {drawMermaid} from '../../../src/lib/diagram/mermaid.js'
import {modelOf} from '../../../src/lib/diagram/model.js'
import type {Schema} from '../../../src/lib/postgres/schema/schema.js'
import {printable} from '../../../src/lib/target/text.js'
import {readMermaid} from './read-mermaid.js'
import {AWKWARD, AWKWARD_NAMES, NETWORK, table} from './schemas.js'

const draw = (schema: Schema): string => drawMermaid(modelOf(schema))

test('shows tables, columns, types, keys and relations', () => {
  expect(draw(NETWORK)).toBe(`erDiagram
    "activities" {
        integer id PK
        integer user_id FK "not null"
        integer reply_to FK
        text message "not null"
    }
    "profiles" {
        integer user_id PK, FK
        text bio
    }
    "users" {
        integer id PK
        text handle UK "not null"
        text first
        text last
    }
    "activities" |o--o{ "activities" : "reply_to"
    "users" ||--o{ "activities" : "user_id"
    "users" ||--o| "profiles" : "user_id"
`)
})

test('says what mermaid has no letters for in the comment', () => {
  const columns = ['price numeric(10,2)', 'größe character_varying']
  const typed = table('goods', columns).columns.map((column) => ({
    ...column,
    type: column.type.replace('_', ' '),
  }))
  expect(draw({tables: [{...table('goods', []), columns: typed}, table('empty', [])]})).toBe(
    `erDiagram
    "goods" {
        numeric(10_2) price "numeric(10,2)"
        varchar gr_e "größe"
    }
    "empty"
`,
  )
})

describe.each([10, 11] as const)('mermaid %i', (version) => {
  test('reads every table, column and key back', () => {
    const {entities, relations} = readMermaid(draw(NETWORK), version)
    expect(entities.map(({name}) => name)).toEqual(['activities', 'profiles', 'users'])
    expect(entities[1]?.attributes).toEqual([
      {type: 'integer', name: 'user_id', keys: ['PK', 'FK'], comment: ''},
      {type: 'text', name: 'bio', keys: [], comment: ''},
    ])
    expect(relations[2]).toEqual({
      from: 'users',
      cardinality: '||--o|',
      to: 'profiles',
      role: 'user_id',
    })
  })

  test('reads awkward names back as they are', () => {
    const model = modelOf(AWKWARD)
    const {entities, relations} = readMermaid(drawMermaid(model), version)
    expect(entities.map(({name}) => name.replaceAll('"', ''))).toEqual(
      model.entities.map(({name}) => name.replaceAll('"', '')),
    )
    expect(relations.map(({role}) => role)).toEqual(AWKWARD_NAMES.map((name) => printable(name)))
    for (const [place, {attributes}] of entities.entries()) {
      const name = printable(AWKWARD_NAMES[place] ?? '')
      expect(attributes).toHaveLength(3)
      for (const {name: word, comment} of attributes.slice(1)) {
        expect(word === name || comment.includes(name), `${word} "${comment}"`).toBe(true)
      }
    }
  })
})

test('leaves no line of which mermaid would take the end away', () => {
  const lines = draw({tables: [table('style:"a"', ['id integer'])]}).split('\n')
  expect(lines[1]).toBe('    "style#58;#34;a#34;" {')
  // encodeEntities in packages/mermaid/src/utils.ts
  expect(lines.filter((line) => /(?:style|classDef).*:\S*#.*;/.test(line))).toEqual([])
})
