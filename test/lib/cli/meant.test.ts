import {expect, test} from 'vitest'
import {flagHint} from '../../../src/lib/cli/flag-hint.js'
import {meant} from '../../../src/lib/cli/meant.js'

const commands = ['create', 'drop', 'schema-load', 'seed', 'server', 'sessions', 'setup']

test.each([
  ['dorp', 'drop'],
  ['schema', 'schema-load'],
  ['ses', 'sessions'],
  ['setpu', 'setup'],
])('"%s" stands for %s', (word, command) => {
  expect(meant(word, commands)).toBe(command)
})

test.each(['xyzzy', 'migrate', ''])('"%s" stands for nothing', (word) => {
  expect(meant(word, commands)).toBeUndefined()
})

const flags = {
  force: {type: 'boolean'},
  seed: {type: 'boolean', allowNo: true},
  'seed-file': {type: 'option'},
  secret: {type: 'option', hidden: true},
}
const unknown = (...typed: string[]): object => ({flags: typed, parse: {input: {flags}}})

test.each([
  ['--forse', '--force'],
  ['--no-sed', '--no-seed'],
  ['--seed-fil=x', '--seed-file'],
  ['--hlep', '--help'],
])('the flag %s may mean %s', (typed, flag) => {
  expect(flagHint(unknown(typed))).toBe(`did you mean ${flag}? see --help`)
})

test.each(['--xyzzy', '-f', '--secre', '--=x', ''])(
  '%s is near to no flag that is shown',
  (typed) => {
    expect(flagHint(unknown(typed))).toBeUndefined()
  },
)

test('an error about something else has no such hint', () => {
  expect(flagHint(new Error('x'))).toBeUndefined()
  expect(flagHint({flags: ['--a'], parse: {}})).toBeUndefined()
  expect(flagHint({flags: '--a'})).toBeUndefined()
})
