import {expect, test} from 'vitest'
import {command} from '../../../src/lib/doctor/words.js'
import {urlOf} from '../../support/postgres.js'
import {look} from './inner/scene.js'

test('a command that cures is for the database that was looked at, whichever file names it', async () => {
  const {close, facts} = await look(urlOf('postgres'))
  const flags = {'env-file': "it's.env", 'iam-auth': true}
  expect(command(facts, 'setup')).toBe('cruddur-db setup')
  expect(command({...facts, flags}, 'setup')).toBe(
    "cruddur-db setup --env-file 'it'\\''s.env' --iam-auth",
  )
  await close()
})
