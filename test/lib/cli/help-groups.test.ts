import {expect, test} from 'vitest'
import {grouped} from '../../../src/lib/cli/help-groups.js'

const items = (...ids: string[]) => ids.map((id) => ({id}))

test('commands stand in their groups in the order in which people need them', () => {
  const groups = grouped(items('seed', 'connect', 'server', 'setup', 'create'))
  expect(groups.map(({title, items: own}) => [title, own.map(({id}) => id)])).toEqual([
    ['every day', ['setup', 'connect']],
    ['the database and its files', ['create', 'seed']],
    ['the embedded server', ['server']],
  ])
})

test('a command without a place comes last, and is not forgotten', () => {
  const groups = grouped(items('zebra', 'setup', 'ant'))
  expect(groups.at(-1)).toEqual({title: 'other', items: items('zebra', 'ant')})
})
