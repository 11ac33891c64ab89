import {afterEach, describe, expect, it} from 'vitest'
import type {Check} from '../../../../src/lib/doctor/check.js'
import type {Facts} from '../../../../src/lib/doctor/facts.js'
import {ok} from '../../../../src/lib/doctor/findings.js'
import {innerChecks} from '../../../../src/lib/doctor/inner/checks.js'
import {loginCheck} from '../../../../src/lib/doctor/outer/login.js'
import {type Result, runChecks} from '../../../../src/lib/doctor/run.js'
import {openTap, type Tap} from '../../../faults/tap.js'
import {runDoctor} from '../../../support/planted-fault.js'
import {freshName, urlOf} from '../../../support/postgres.js'
import {look, withNamed} from './scene.js'

const {name, layer, opensSession} = loginCheck
const login: Check<Facts> = {
  name,
  layer,
  ...(opensSession ? {opensSession} : {}),
  run: async () => ok('in'),
}

let tap: Tap | undefined
afterEach(() => tap?.close())

function through({port}: Tap, database: string): string {
  const url = new URL(urlOf(database))
  url.hostname = '127.0.0.1'
  url.port = String(port)
  return url.href
}

/** What doctor finds on a server that does not answer the first message that matches, which the check `first` sends. */
async function withoutAnswerTo(message: RegExp, first: string): Promise<Result[]> {
  const database = freshName()
  return await withNamed(database, '', async () => {
    tap = await openTap(urlOf(database))
    const {close, facts} = await look(through(tap, database), {
      files: {'db/schema.sql': 'CREATE TABLE t (i int);'},
    })
    const held = tap.hold(message)
    const {signal} = facts.connection
    // What is waited for never comes.
    const checks = innerChecks.map((check) =>
      check.name === first ? {...check, limitMs: () => 500} : check,
    )
    const running = runChecks([[login, ...checks]], facts, {mayCure: () => false, signal})
    const release = await held
    const results = await running
    release()
    await close()
    return results
  })
}

describe('a server that no longer answers', () => {
  it.each([
    ['the login', 'version', /server_version_num/],
    ['a few answers', 'rights', /rolcreatedb/],
    ['the way into the database', 'database', /pg_encoding_to_char/],
    ['a look into it', 'extensions', /pg_available_extensions/],
  ])(
    'after %s is waited for once: what is behind %s is skipped for that',
    async (_, first, sql) => {
      const results = (await withoutAnswerTo(sql, first)).slice(1)
      const at = results.findIndex((result) => result.name === first)
      expect(results[at]).toMatchObject({status: 'fail', message: 'no answer within 0.5 s'})
      expect(results.slice(0, at).map(({status}) => status)).not.toContain('skipped')
      for (const {message, status} of results.slice(at + 1)) {
        expect({message, status}).toEqual({message: `${first} had no answer`, status: 'skipped'})
      }
      expect(results.at(-1)?.name).toBe('migrations')
    },
  )
})

it('a connection that is lost is told once: what would have gone by it is skipped for that', async () => {
  tap = await openTap(urlOf('postgres'))
  const lost = tap.at(/server_version_num/, (link) => link.cut())
  const {check, checks, code} = await runDoctor({env: {CONNECTION_URL: through(tap, 'postgres')}})
  await lost
  expect(code).toBe(1)
  expect(check('version')).toMatchObject({
    status: 'fail',
    message: expect.stringMatching(/^the connection to 127\.0\.0\.1:\d+ was lost: /),
  })
  const behind = checks.slice(checks.findIndex(({name}) => name === 'version') + 1)
  expect(behind.map(({name}) => name)).toEqual(
    innerChecks.map(({name}) => name).filter((name) => name !== 'version'),
  )
  for (const {message, status} of behind)
    expect({message, status}).toEqual({message: 'version had no answer', status: 'skipped'})
})
