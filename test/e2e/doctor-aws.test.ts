import {describe, expect, it} from 'vitest'
import {
  type Changes,
  doAws,
  empty,
  GROUP,
  OWN,
  RULE,
  type Stage,
  stage,
} from '../lib/doctor/aws/stage.js'
import {findAndFollow, type InnerFault} from '../lib/doctor/inner/fault.js'
import {runDoctor} from '../support/planted-fault.js'
import {runProgram} from '../support/program.js'
import {NAME} from '../support/rds-create.js'

const MODIFY = `aws rds modify-db-instance --db-instance-identifier ${NAME} --region ca-central-1`

/** A fault of the instance, which a command of `aws` cures. */
const inInstance = (
  name: string,
  changes: Changes,
  found: Pick<InnerFault, 'check' | 'status' | 'message' | 'fix'>,
): InnerFault => ({
  name,
  ...found,
  plant: (atEnd) => stage(atEnd, changes),
  follow: (fix, scene) => doAws(scene as Stage, fix),
})

const FAULTS: readonly InnerFault[] = [
  inInstance(
    'an instance that is stopped',
    {DBInstanceStatus: 'stopped'},
    {
      check: 'rds-status',
      status: 'fail',
      message: `the instance "${NAME}" is stopped, which does not end by itself`,
      fix: `aws rds start-db-instance --db-instance-identifier ${NAME} --region ca-central-1`,
    },
  ),
  inInstance(
    'an instance whose storage is full',
    {DBInstanceStatus: 'storage-full'},
    {
      check: 'rds-status',
      status: 'fail',
      message: `the instance "${NAME}" is storage-full, which does not end by itself`,
      fix: `${MODIFY} --allocated-storage 23 --apply-immediately`,
    },
  ),
  inInstance(
    'an instance without backups',
    {BackupRetentionPeriod: 0},
    {
      check: 'rds-backups',
      status: 'warn',
      message: `"${NAME}" has no backups: what is lost stays lost`,
      fix: `${MODIFY} --backup-retention-period 7 --apply-immediately`,
    },
  ),
  inInstance(
    'an instance that can be deleted by mistake',
    {DeletionProtection: false},
    {
      check: 'rds-deletion-protection',
      status: 'warn',
      message: `nothing keeps "${NAME}" from being deleted by mistake`,
      fix: `${MODIFY} --deletion-protection --apply-immediately`,
    },
  ),
  inInstance(
    'a certificate that has ended',
    {
      CertificateDetails: {
        CAIdentifier: 'rds-ca-2019',
        ValidTill: new Date('2024-08-22T17:08:50Z'),
      },
    },
    {
      check: 'rds-certificate',
      status: 'fail',
      message:
        'the certificate of rds-ca-2019 ended on 2024-08-22: verify-full, the default, refuses it',
      fix: `${MODIFY} --ca-certificate-identifier rds-ca-rsa2048-g1 --apply-immediately`,
    },
  ),
  {
    name: 'a security group that admits another address',
    check: 'rds-security-group',
    status: 'fail',
    message: new RegExp(`^no rule of ${GROUP} admits this machine \\(${OWN}\\) to port \\d+$`),
    fix: 'cruddur-db rds-update-sg-rule',
    plant: (atEnd) => stage(atEnd, {}, {cidrIpv4: '198.51.100.7/32'}),
  },
  {
    name: 'a security group that admits everybody',
    check: 'rds-public',
    status: 'warn',
    message: /and the rule sgr-0123456789abcdef0 lets everybody on the internet try to log in$/,
    fix: `narrow it to one address: cruddur-db rds-update-sg-rule --group-id ${GROUP} --rule-id ${RULE}`,
    plant: (atEnd) => stage(atEnd, {}, {cidrIpv4: '0.0.0.0/0'}),
  },
]

it.each(FAULTS.map((fault) => [fault.name, fault] as const))('%s is found and cured', (_, fault) =>
  findAndFollow(fault),
)

async function onStage(fn: (stage: Stage) => Promise<void>, changes: Changes = {}): Promise<void> {
  const removals: (() => unknown)[] = []
  try {
    await fn(await stage((remove) => removals.unshift(remove), changes))
  } finally {
    for (const remove of removals) await remove()
  }
}

/** Where nothing listens. */
const silent = (env: Record<string, string>) => ({
  ...env,
  PROD_CONNECTION_URL: (env['PROD_CONNECTION_URL'] ?? '').replace(/:\d+\/postgres/, ':1/postgres'),
})

describe('AWS', () => {
  it('explains a host that does not answer before the network is looked at', () =>
    onStage(
      async ({env}) => {
        const {code, stdout} = await runProgram(['doctor', '--prod'], {
          cwd: empty,
          env: silent(env),
        })
        expect(code).toBe(1)
        expect(stdout.indexOf('rds-status')).toBeGreaterThan(0)
        expect(stdout.indexOf('rds-status')).toBeLessThan(stdout.indexOf('host-name'))
        const start = `aws rds start-db-instance --db-instance-identifier ${NAME} --region ca-central-1`
        expect(stdout.trimEnd().split('\n').at(-1)).toMatch(new RegExp(`begin with: ${start}$`))
      },
      {DBInstanceStatus: 'stopped'},
    ))

  it('tells what a private instance needs that this machine cannot reach', () =>
    onStage(
      async ({env, ...scene}) => {
        const {check} = await runDoctor({...scene, env: silent(env)})
        expect(check('rds-public')).toMatchObject({
          status: 'fail',
          fix: `${MODIFY} --publicly-accessible --apply-immediately`,
        })
        expect((await runDoctor({...scene, env})).check('rds-public')).toMatchObject({status: 'ok'})
      },
      {PubliclyAccessible: false},
    ))

  it('is only looked at, with --fix too', () =>
    onStage(async ({fake, ...scene}) => {
      await runDoctor({...scene, args: ['--prod', '--fix']})
      const actions = new Set(fake.requests.map(({action}) => action))
      expect([...actions]).toEqual(['DescribeDBInstances', 'DescribeSecurityGroupRules'])
    }))

  it('without credentials is skipped in a word, and all else is looked at', () =>
    onStage(async ({env, fake, ...scene}) => {
      const {AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...others} = env
      const {checks, check} = await runDoctor({...scene, env: others})
      expect(check('rds-status')).toMatchObject({
        status: 'skipped',
        message: expect.stringMatching(/^no AWS credentials can be had: set AWS_ACCESS_KEY_ID/),
      })
      const aws = checks.filter(({layer}) => layer === 'aws')
      expect(aws.map(({status}) => status)).toEqual(Array(7).fill('skipped'))
      expect(check('login')).toMatchObject({status: 'ok'})
      expect(fake.requests).toEqual([])
    }))

  it('tells no secret', () =>
    onStage(async ({env, fake}) => {
      fake.fail('DescribeDBInstances', {code: 'SignatureDoesNotMatch'})
      const {stderr, stdout} = await runProgram(['doctor', '--prod'], {cwd: empty, env})
      expect(stdout).toContain('the secret key does not belong to the access key')
      const {password} = new URL(env['PROD_CONNECTION_URL'] ?? '')
      for (const secret of [env['AWS_SECRET_ACCESS_KEY'], `${password}@`])
        expect(stdout + stderr).not.toContain(secret)
    }))
})
