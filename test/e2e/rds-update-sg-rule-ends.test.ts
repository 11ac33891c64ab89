import {execFileSync} from 'node:child_process'
import {createServer} from 'node:http'
import {join} from 'node:path'
import {describe, expect, test, vi} from 'vitest'
import {fakeRule} from '../support/aws/fake-aws.js'
import {listen} from '../support/aws/server.js'
import {
  OWN,
  onRuleStage,
  RULE,
  type RuleStage,
  silentLoginPid,
  TARGET,
  type Variables,
  writeSilentLogin,
} from '../support/rule-stage.js'

const IP = ['--ip', OWN]
const READ = 'DescribeSecurityGroupRules'
const CHANGE = 'ModifySecurityGroupRules'
const LIMIT_MS = 20_000
const NODE = Number(process.versions.node.split('.')[0])
const NO_KEYS = {AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined}
const LOGIN_FILE = {...NO_KEYS, AWS_CONFIG_FILE: 'config'}

/** Runs it and expects that it has ended in time, with exit 3 and the step that took too long. */
async function expectTooLate(
  stage: RuleStage,
  step: string,
  args: string[],
  env: Variables = {},
  hint = 'check the way to AWS and how its credentials are had, then run it again',
) {
  const started = Date.now()
  const {code, stderr, stdout} = await stage.run(args, env)
  expect(Date.now() - started).toBeLessThan(LIMIT_MS)
  expect([code, stdout]).toEqual([3, ''])
  expect(stderr.startsWith(TARGET)).toBe(true)
  expect(stderr.slice(TARGET.length)).toMatch(
    new RegExp(`^Error: not done within \\d+ s: it ended while ${step}\\n  → ${hint}\\n$`),
  )
  expect(stage.fake.rules.get(RULE)).toEqual(fakeRule())
}

// They wait side by side.
vi.setConfig({maxConcurrency: 10})

describe.concurrent('it ends within 20 s', () => {
  test('when EC2 is silent', () =>
    onRuleStage({}, async (stage) => {
      stage.fake.fail(READ, {how: 'silence'})
      await expectTooLate(stage, 'reading the rule', IP)
    }))

  test('when EC2 is silent about the change', () =>
    onRuleStage({}, async (stage) => {
      stage.fake.fail(CHANGE, {how: 'silence'})
      const hint = `AWS may have changed ${RULE} already: run the command again to see`
      await expectTooLate(stage, 'changing the rule', IP, {}, hint)
    }))

  test('when EC2 answers without end', async () => {
    const server = await listen(
      createServer((_request, response) => {
        const timer = setInterval(() => response.write(' '), 200)
        response.once('close', () => clearInterval(timer))
      }),
    )
    try {
      await onRuleStage({}, (stage) =>
        expectTooLate(stage, 'reading the rule', IP, {AWS_ENDPOINT_URL_EC2: server.url}),
      )
    } finally {
      await server.close()
    }
  })

  test('when the program that supplies credentials hangs', () =>
    onRuleStage({}, async (stage) => {
      writeSilentLogin(stage)
      try {
        await expectTooLate(stage, 'reading the rule', IP, LOGIN_FILE)
      } finally {
        process.kill(silentLoginPid(stage))
      }
    }))

  test('when twenty address services are silent', () =>
    onRuleStage({answer: () => 'silence'}, async (stage) => {
      const urls = Array.from({length: 20}, (_, n) => `${stage.services}/${n}`)
      const env = {CRUDDUR_DB_IP_URLS: urls.join(',')}
      await expectTooLate(stage, "looking up this machine's address", [], env)
    }))

  test('when three address services are silent, with the way out', () =>
    onRuleStage({answer: () => 'silence'}, async ({json, services}) => {
      const started = Date.now()
      const env = {CRUDDUR_DB_IP_URLS: `${services}/1,${services}/2,${services}/3`}
      expect(await json([], env)).toMatchObject({
        code: 3,
        json: {
          error: {code: 'ADDRESS_UNKNOWN', hint: 'name it: --ip ADDRESS, or GITPOD_IP=ADDRESS'},
        },
      })
      expect(Date.now() - started).toBeLessThan(LIMIT_MS)
    }))

  test('when the machine’s own metadata service is silent', async () => {
    const server = await listen(createServer(() => {}))
    try {
      await onRuleStage({}, async ({json}) => {
        const started = Date.now()
        const outcome = await json(IP, {
          ...NO_KEYS,
          AWS_EC2_METADATA_DISABLED: undefined,
          AWS_EC2_METADATA_SERVICE_ENDPOINT: server.url,
        })
        expect(outcome).toMatchObject({
          code: 3,
          json: {error: {code: expect.stringMatching(/^AWS_(?:CREDENTIALS|TIMEOUT)$/)}},
        })
        expect(Date.now() - started).toBeLessThan(LIMIT_MS)
      })
    } finally {
      await server.close()
    }
  })

  // Node 26 does not tell what it is still reading, and then waits for it.
  test.skipIf(NODE >= 26)('when the configuration can be opened, but not read', () =>
    onRuleStage({}, async ({folder, start}) => {
      execFileSync('mkfifo', [join(folder, 'config')])
      const started = Date.now()
      const {child, result} = start(IP, {AWS_CONFIG_FILE: 'config', AWS_REGION: undefined})
      const kill = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS + 1000)
      const {stderr} = await result
      clearTimeout(kill)
      expect(stderr).toMatch(/^Error: not done within \d+ s/)
      expect(Date.now() - started).toBeLessThan(LIMIT_MS)
    }),
  )
})
