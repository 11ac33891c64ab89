import {createServer, type Server} from 'node:net'
import {describe, expect, it} from 'vitest'
import {type FakeRule, fakeRule} from '../../../support/aws/fake-aws.js'
import {HOST, NAME} from '../../../support/rds-create.js'
import {OWN, onStage, type Stage} from './scene.js'

const GROUP = 'sg-0123456789abcdef0'
const RULE = 'sgr-0123456789abcdef0'
const IDS = {DB_SG_ID: GROUP, DB_SG_RULE_ID: RULE}

function put({fake}: Stage, ...rules: Partial<FakeRule>[]): void {
  fake.rules.clear()
  for (const changes of rules) {
    const rule = fakeRule(changes)
    fake.rules.set(rule.id, rule)
  }
}

const OUTSIDE = `no rule of ${GROUP} admits this machine (${OWN}) to port 5432`
const INSIDE = {status: 'ok', message: `${GROUP} admits this machine (${OWN}): ${RULE}`}

describe('the security group', () => {
  it('that admits another address is told, with the command that lets this machine in', () =>
    onStage(async (stage) => {
      put(stage, {})
      expect(await stage.see('rds-security-group', IDS)).toEqual({
        status: 'fail',
        message: OUTSIDE,
        fix: 'cruddur-db rds-update-sg-rule',
      })
      put(stage, {cidrIpv4: `${OWN}/32`})
      expect(await stage.see('rds-security-group', IDS)).toEqual(INSIDE)
    }))

  it('is looked at without variables that name it, which the command is then given', () =>
    onStage(async (stage) => {
      put(stage, {})
      expect(await stage.see('rds-security-group')).toMatchObject({
        fix: `cruddur-db rds-update-sg-rule --group-id ${GROUP} --rule-id ${RULE}`,
      })
    }))

  it('is that of the instance, not the one that the variables name', () =>
    onStage(async (stage) => {
      put(
        stage,
        {},
        {id: 'sgr-0fedcba9876543210', groupId: 'sg-0fedcba9876543210', cidrIpv4: `${OWN}/32`},
      )
      const other = {DB_SG_ID: 'sg-0fedcba9876543210', DB_SG_RULE_ID: 'sgr-0fedcba9876543210'}
      expect(await stage.see('rds-security-group', other)).toEqual({
        status: 'fail',
        message: OUTSIDE,
        fix: `cruddur-db rds-update-sg-rule --group-id ${GROUP} --rule-id ${RULE}`,
      })
    }))

  it.each([
    ['to another port', {cidrIpv4: `${OWN}/32`, fromPort: 5433, toPort: 5433}],
    ['what leaves', {cidrIpv4: `${OWN}/32`, isEgress: true}],
    ['another group', {referencedGroupId: 'sg-0fedcba9876543210'}],
    ['an address of IPv6', {cidrIpv6: '::/0'}],
  ])('that admits %s does not admit this machine', (_, rule) =>
    onStage(async (stage) => {
      put(stage, rule)
      expect(await stage.see('rds-security-group')).toEqual({
        status: 'fail',
        message: OUTSIDE,
        fix: `aws ec2 authorize-security-group-ingress --group-id ${GROUP} --protocol tcp --port 5432 --cidr ${OWN}/32 --region ca-central-1`,
      })
    }),
  )

  it('that admits this machine by any rule is in order', () =>
    onStage(async (stage) => {
      put(stage, {}, {id: 'sgr-11111111', cidrIpv4: '203.0.113.0/24', ipProtocol: '-1'})
      expect(await stage.see('rds-security-group', IDS)).toEqual({
        status: 'ok',
        message: `${GROUP} admits this machine (${OWN}): sgr-11111111`,
      })
    }))

  it('that may not be read is not judged', () =>
    onStage(async ({fake, see}) => {
      fake.fail('DescribeSecurityGroupRules', {code: 'UnauthorizedOperation'})
      expect(await see('rds-security-group', IDS)).toEqual({
        status: 'skipped',
        message: `whether ${GROUP} admits this machine is not known: these AWS credentials may not do ec2:DescribeSecurityGroupRules`,
      })
    }))
})

describe('an instance with a public address', () => {
  it('is in order while its security group is narrow', () =>
    onStage(async ({see}) => {
      expect(await see('rds-public')).toEqual({
        status: 'ok',
        message: `"${NAME}" has a public address, which is how it is reached from outside: its security group says by whom`,
      })
    }))

  it.each([{cidrIpv4: '0.0.0.0/0'}, {cidrIpv6: '::/0'}])(
    'that everybody is let in to by %o is told',
    (rule) =>
      onStage(async (stage) => {
        put(stage, rule)
        expect(await stage.see('rds-public')).toEqual({
          status: 'warn',
          message: `"${NAME}" has a public address, which is how it is reached from outside, and the rule ${RULE} lets everybody on the internet try to log in`,
          fix: `narrow it to one address: cruddur-db rds-update-sg-rule --group-id ${GROUP} --rule-id ${RULE}`,
        })
        put(stage, {cidrIpv4: `${OWN}/32`})
        expect(await stage.see('rds-public')).toMatchObject({status: 'ok'})
      }),
  )

  it('is in order as far as is known where the rules may not be read', () =>
    onStage(async ({fake, see}) => {
      fake.fail('DescribeSecurityGroupRules', {code: 'UnauthorizedOperation'})
      expect(await see('rds-public')).toMatchObject({status: 'ok'})
    }))
})

describe('an instance without a public address', () => {
  const listening = async (fn: (port: number, server: Server) => Promise<void>): Promise<void> => {
    const server = createServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    try {
      await fn(typeof address === 'object' && address ? address.port : 0, server)
    } finally {
      server.close()
    }
  }

  it('is in order where it answers all the same, and a fault where it does not', () =>
    listening((port, server) =>
      onStage(
        async ({see, set}) => {
          set({PubliclyAccessible: false})
          expect(await see('rds-public')).toEqual({
            status: 'ok',
            message: `"${NAME}" has no public address, and answers this machine`,
          })
          await new Promise((resolve) => server.close(resolve))
          expect(await see('rds-public')).toEqual({
            status: 'fail',
            message: `"${NAME}" has no public address, and does not answer this machine`,
            fix: `aws rds modify-db-instance --db-instance-identifier ${NAME} --region ca-central-1 --publicly-accessible --apply-immediately`,
          })
          set({PubliclyAccessible: true})
          expect(await see('rds-public')).toMatchObject({status: 'ok'})
        },
        {host: {host: HOST, port, address: '127.0.0.1'}},
      ),
    ))
})
