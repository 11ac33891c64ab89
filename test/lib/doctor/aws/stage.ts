import {mkdtempSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {inject} from 'vitest'
import {startAddressServer} from '../../../support/aws/address-server.js'
import {
  type FakeAws,
  type FakeInstance,
  type FakeRule,
  fakeInstance,
  fakeRule,
  startFakeAws,
} from '../../../support/aws/fake-aws.js'
import type {AtEnd, Scene} from '../../../support/planted-fault.js'
import {HOST, NAME} from '../../../support/rds-create.js'

export const OWN = '203.0.113.9'
export const GROUP = 'sg-0123456789abcdef0'
export const RULE = 'sgr-0123456789abcdef0'
export const empty = mkdtempSync(join(tmpdir(), 'cruddur-db-test-'))

export type Changes = Partial<FakeInstance> & {
  CertificateDetails?: {CAIdentifier: string; ValidTill: Date}
}

export interface Stage extends Scene {
  fake: FakeAws
  env: Record<string, string>
}

/** The test server under the name of an RDS instance, and what AWS says of that. */
export async function stage(
  atEnd: AtEnd,
  changes: Changes = {},
  rule: Partial<FakeRule> = {cidrIpv4: `${OWN}/32`},
): Promise<Stage> {
  const fake = await startFakeAws()
  atEnd(fake.close)
  const services = await startAddressServer(() => ({body: OWN}))
  atEnd(services.close)
  const url = new URL(inject('serverUrl'))
  const port = Number(url.port || 5432)
  url.hostname = HOST
  url.search = 'hostaddr=127.0.0.1&sslmode=disable'
  fake.instances.set(NAME, Object.assign(fakeInstance({Port: port}), changes))
  fake.rules.clear()
  fake.rules.set(RULE, fakeRule({fromPort: port, toPort: port, ...rule}))
  const env = {
    ...fake.env,
    CRUDDUR_DB_IP_URLS: services.url,
    DB_SG_ID: GROUP,
    DB_SG_RULE_ID: RULE,
    PROD_CONNECTION_URL: url.href,
  }
  return {fake, env, cwd: empty, args: ['--prod']}
}

/** What the `aws` command would have AWS do. */
export function doAws({fake}: Stage, fix: string): void {
  const [, action = '', options = ''] =
    new RegExp(
      `^aws rds (\\S+) --db-instance-identifier ${NAME} --region ca-central-1 ?(.*)$`,
    ).exec(fix) ?? []
  const instance: Changes | undefined = fake.instances.get(NAME)
  if (!instance) throw new Error('no instance')
  const flag = (name: string): string | undefined =>
    new RegExp(`--${name}(?: (?!--)(\\S+))?`).exec(options)?.[1]
  if (action === 'start-db-instance') instance.DBInstanceStatus = 'available'
  else if (action !== 'modify-db-instance') throw new Error(`not known: ${fix}`)
  else if (options.includes('--deletion-protection')) instance.DeletionProtection = true
  else if (options.includes('--publicly-accessible')) instance.PubliclyAccessible = true
  else if (flag('backup-retention-period'))
    instance.BackupRetentionPeriod = Number(flag('backup-retention-period'))
  else if (flag('allocated-storage')) {
    instance.AllocatedStorage = Number(flag('allocated-storage'))
    instance.DBInstanceStatus = 'storage-optimization'
  } else if (flag('ca-certificate-identifier')) {
    instance.CertificateDetails = {
      CAIdentifier: flag('ca-certificate-identifier') ?? '',
      ValidTill: new Date('2061-05-21'),
    }
  } else throw new Error(`not known: ${fix}`)
}
