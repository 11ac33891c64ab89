import {expect, test} from 'vitest'
import {commandFor, targetFlags} from '../../../src/lib/target/again.js'

test('a command of a hint leads to the database that this one was about', () => {
  expect(commandFor({})('migrate')).toBe('cruddur-db migrate')
  expect(commandFor({prod: true, 'iam-auth': true})('migrate --to 1')).toBe(
    'cruddur-db migrate --to 1 --prod --iam-auth',
  )
  expect(targetFlags({prod: false, 'env-file': "it's here.env"})).toBe(
    ` --env-file 'it'\\''s here.env'`,
  )
})

test('a URL, which may hold a password, is named and not repeated', () => {
  expect(targetFlags({url: 'postgres://me:secret@here/there'})).toBe(' --url URL')
})
