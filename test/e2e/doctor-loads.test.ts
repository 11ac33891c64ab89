import {readFileSync} from 'node:fs'
import {afterAll, expect, test} from 'vitest'
import {openLoads} from '../support/loads.js'
import {urlOf} from '../support/postgres.js'

/** Known by words that minifying leaves in them. */
const HEAVY = {
  aws: /AWS4-HMAC-SHA256|@smithy|aws-sdk/,
  prompts: /ExitPromptError/,
  authorities: /BEGIN CERTIFICATE/,
}

const loads = openLoads()
afterAll(() => loads.close())

test.each([
  ['nothing is configured', []],
  ['the target is local', ['--url', urlOf('postgres')]],
  ['the URL is wrong', ['--url', 'localhost/cruddur']],
])('where %s, doctor loads neither AWS code, prompts nor certificates', async (_, args) => {
  const {files} = await loads.run(['doctor', ...args])
  const texts = files.map((file) => readFileSync(file, 'utf8'))
  const loaded = Object.entries(HEAVY).filter(([, words]) => texts.some((text) => words.test(text)))
  expect(loaded.map(([name]) => name)).toEqual([])
})
