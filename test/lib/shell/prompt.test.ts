import {expect, test} from 'vitest'
import {promptText} from '../../../src/lib/shell/prompt.js'
import {targetOf} from '../../support/target.js'

const red = (text: string): string => `<${text}>`

test.each([
  [{transaction: 'none', awaited: '='}, 'url d=> '],
  [{transaction: 'none', awaited: '-'}, 'url d-> '],
  [{transaction: 'open', awaited: '='}, 'url d=*> '],
  [{transaction: 'failed', awaited: "'"}, "url d'!> "],
  [{transaction: 'lost', awaited: '='}, 'url d!> '],
] as const)('%j: %s', (state, text) => {
  expect(promptText({target: targetOf('d'), ...state}, red)).toBe(text)
})

test('production is named in red, and a name cannot steer the terminal', () => {
  const target = {...targetOf('d'), production: true, database: 'a\x1b[2J'}
  const state = {target, transaction: 'none', awaited: '='} as const
  expect(promptText(state, red)).toBe('<PRODUCTION> a\\x1b[2J=> ')
})
