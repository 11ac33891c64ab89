import {describe, expect, test} from 'vitest'
import {fakeRule} from '../support/aws/fake-aws.js'
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
import {openTerminal} from '../support/terminal.js'
import {until} from '../support/wait.js'

const IP = ['--ip', OWN]
const READ = 'DescribeSecurityGroupRules'
const CHANGE = 'ModifySecurityGroupRules'
const NO_KEYS = {AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined}
const LOGIN_FILE = {...NO_KEYS, AWS_CONFIG_FILE: 'config'}

interface Phase {
  name: string
  args?: string[]
  env?: Variables
  prepare: (stage: RuleStage) => void
  /** Whether it is under way. */
  reached: (stage: RuleStage) => boolean
  cleanUp?: (stage: RuleStage) => void
}

const phases: Phase[] = [
  {
    name: 'waiting for credentials',
    env: LOGIN_FILE,
    prepare: writeSilentLogin,
    reached: (stage) => silentLoginPid(stage) > 0,
    cleanUp: (stage) => process.kill(silentLoginPid(stage)),
  },
  {
    name: 'reading the rule',
    prepare: ({fake}) => fake.fail(READ, {how: 'silence'}),
    reached: ({actions}) => actions() === 'D',
  },
  {
    name: 'waiting to read it once more',
    prepare: ({fake}) => fake.fail(READ, {code: 'RequestLimitExceeded'}),
    reached: ({actions}) => actions().length > 0,
  },
  {
    name: 'looking up the address',
    args: [],
    prepare: () => {},
    reached: ({asked}) => asked().length === 1,
  },
  {
    name: 'changing the rule',
    prepare: ({fake}) => fake.fail(CHANGE, {how: 'silence'}),
    reached: ({actions}) => actions() === 'DM',
  },
  {
    name: 'looking for the rule that says the same',
    prepare: ({atChange, fake}) => {
      fake.fail(CHANGE, {code: 'InvalidPermission.Duplicate'})
      atChange(() => fake.fail(READ, {how: 'silence'}))
    },
    reached: ({actions}) => actions() === 'DMD',
  },
  {
    name: 'waiting to read it back',
    prepare: ({fake}) => {
      fake.staleReads = 1000
    },
    reached: ({actions}) => actions().length > 3,
  },
]

describe('Ctrl-C ends it at once', () => {
  test.each(phases)('$name', ({args = IP, cleanUp, env, name, prepare, reached}) =>
    onRuleStage({answer: () => 'silence'}, async (stage) => {
      prepare(stage)
      const {child, result} = stage.start(args, env)
      await until(
        () => reached(stage),
        () => 'the phase',
      )
      const interrupted = Date.now()
      child.kill('SIGINT')
      const {code, stderr, stdout} = await result
      cleanUp?.(stage)
      const open = /^(?:changing|waiting to read it back)/.test(name)
      const hint = `  → AWS may have changed ${RULE} already: run the command again to see\n`
      const words = `${TARGET}Error: interrupted\n${open ? hint : ''}`
      expect([code, stderr, stdout]).toEqual([130, words, ''])
      expect(Date.now() - interrupted).toBeLessThan(2000)
    }),
  )

  test('told as JSON too', () =>
    onRuleStage({}, async ({actions, fake, start}) => {
      fake.fail(READ, {how: 'silence'})
      const {child, result} = start(['--json', ...IP])
      await until(
        () => actions() === 'D',
        () => 'the request',
      )
      child.kill('SIGINT')
      const {code, stdout} = await result
      expect([code, JSON.parse(stdout)]).toEqual([
        130,
        {error: {code: 'INTERRUPTED', message: 'interrupted'}},
      ])
    }))

  test('and so does SIGTERM, with its own exit code', () =>
    onRuleStage({}, async ({actions, fake, start}) => {
      fake.fail(READ, {how: 'silence'})
      const {child, result} = start(IP)
      await until(
        () => actions() === 'D',
        () => 'the request',
      )
      child.kill('SIGTERM')
      expect(await result).toMatchObject({code: 143, stderr: `${TARGET}Error: interrupted\n`})
    }))

  test('pressed in a terminal', () =>
    onRuleStage({}, async ({actions, fake, folder}) => {
      fake.fail(READ, {how: 'silence'})
      const flags = ['--group-id', 'sg-0123456789abcdef0', '--rule-id', RULE]
      const terminal = openTerminal(['rds-update-sg-rule', ...IP, ...flags], {
        cwd: folder,
        env: fake.env,
      })
      await until(
        () => actions() === 'D',
        () => 'the request',
      )
      terminal.type('\x03')
      expect(await terminal.ended).toBe(130)
      expect(terminal.screen()).toContain('Error: interrupted')
    }))

  test('what was changed by then is the whole change', () =>
    onRuleStage({}, async ({changed, changes, fake, start}) => {
      fake.staleReads = 1000
      const {child, result} = start(IP)
      await changed()
      child.kill('SIGINT')
      expect((await result).code).toBe(130)
      expect(changes()).toHaveLength(1)
      expect(fake.rules.get(RULE)).toEqual(fakeRule({cidrIpv4: `${OWN}/32`}))
    }))
})
