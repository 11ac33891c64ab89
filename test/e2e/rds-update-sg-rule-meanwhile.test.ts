import {describe, expect, test} from 'vitest'
import {fakeRule} from '../support/aws/fake-aws.js'
import {OWN, onRuleStage, RULE} from '../support/rule-stage.js'

const IP = ['--ip', OWN]

describe('the rule is read back', () => {
  test.concurrent('until EC2 shows the change', () =>
    onRuleStage({}, async ({actions, fake, json}) => {
      fake.staleReads = 3
      expect(await json(IP)).toMatchObject({
        code: 0,
        json: {changed: true, rule: {cidr: `${OWN}/32`}},
      })
      expect(actions()).toBe('DMDDDD')
    }))

  test.concurrent('and an EC2 that never shows it is told, without changing it again', () =>
    onRuleStage({}, async ({changes, fake, run}) => {
      fake.staleReads = 1000
      const {code, stderr} = await run(IP)
      expect(code).toBe(1)
      expect(stderr).toContain(`Error: AWS took the change of ${RULE} to ${OWN}/32`)
      expect(stderr).toContain('but shows it with 198.51.100.7/32')
      expect(changes()).toHaveLength(1)
    }))

  test.concurrent('and what somebody else made of it meanwhile is told', () =>
    onRuleStage({}, async ({changed, changes, fake, start}) => {
      fake.staleReads = 2
      const {result} = start(['--json', ...IP])
      await changed()
      fake.rules.set(RULE, fakeRule({cidrIpv4: '192.0.2.77/32'}))
      const {code, stdout} = await result
      expect([code, JSON.parse(stdout)]).toMatchObject([
        1,
        {
          error: {
            code: 'RULE_NOT_CHANGED',
            message: expect.stringMatching(/shows it with 192\.0\.2\.77\/32/),
          },
        },
      ])
      expect(changes()).toHaveLength(1)
    }))

  test.concurrent.each([
    ['port', {fromPort: 6432, toPort: 6432}, '6432'],
    ['description', {description: 'of somebody else'}, 'of somebody else'],
  ])('and another %s than was sent is named', (_, other, named) =>
    onRuleStage({}, async ({changed, fake, start}) => {
      fake.staleReads = 2
      const {result} = start(IP)
      await changed()
      fake.rules.set(RULE, fakeRule({cidrIpv4: `${OWN}/32`, ...other}))
      const {code, stderr} = await result
      expect([code, stderr]).toEqual([1, expect.stringContaining(named)])
    }),
  )

  test.concurrent('and that it is gone is told', () =>
    onRuleStage({}, async ({changed, fake, start}) => {
      fake.staleReads = 2
      const {result} = start(['--json', ...IP])
      await changed()
      fake.rules.delete(RULE)
      const {code, stdout} = await result
      expect([code, JSON.parse(stdout).error.code]).toEqual([1, 'AWS_NOT_FOUND'])
    }))
})
