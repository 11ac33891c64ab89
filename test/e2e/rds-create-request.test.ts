import {describe, expect, test} from 'vitest'
import bodies from '../fixtures/aws/bodies.json' with {type: 'json'}
import {onStage} from '../support/rds-create.js'
import {GROUP} from '../support/rds-instance.js'

/** The flags of ours for a recorded call of `aws`: the password comes by a variable, lists have commas. */
function ourFlags(command: readonly string[]): string[] {
  const flags: string[] = []
  for (const word of command.slice(2)) {
    if (word.startsWith('--') || !flags.at(-1)?.startsWith('sg-')) flags.push(word)
    else flags.push(`${flags.pop()},${word}`)
  }
  const password = flags.indexOf('--master-user-password')
  return flags.toSpliced(password, password < 0 ? 0 : 2)
}

const fields = (body: string) => [...new URLSearchParams(body)].sort()
const bodyOf = (name: string): string => {
  const found = bodies.find((recorded) => recorded.name === name)
  if (!found) throw new Error(`no recorded body "${name}"`)
  return found.body
}

describe.concurrent('the request', () => {
  test.each(bodies.filter(({name}) => name.startsWith('create')))(
    'is that of the aws command with the same flags: $name',
    ({body, command}) =>
      onStage(async (stage) => {
        const {code} = await stage.create([...ourFlags(command), '--no-wait'])
        expect(code).toBe(0)
        const sent = stage.fake.requests.find(({action}) => action === 'CreateDBInstance')
        expect(fields(sent?.body ?? '')).toEqual(fields(body))
      })(),
  )

  test(
    'without any flag is that of the documents: every default, and the looks before it',
    onStage(async (stage) => {
      await stage.create(['--no-wait'])
      const sent = stage.fake.requests.map(({body}) => fields(body))
      expect(sent).toHaveLength(3)
      expect(sent).toContainEqual(fields(bodyOf('describe the instance')))
      expect(sent).toContainEqual(fields(bodyOf('describe versions')))
      expect(sent[2]).toEqual(fields(bodyOf('create without a zone')))
    }),
  )

  test.each([
    ['--db-instance-class db.t4g.small', {DBInstanceClass: 'db.t4g.small'}],
    ['--engine-version 17.9', {EngineVersion: '17.9'}],
    ['--engine-version 18', {EngineVersion: '18'}],
    ['--master-username root', {MasterUsername: 'root'}],
    ['--master-username postgres', {MasterUsername: 'postgres'}],
    ['--allocated-storage 21', {AllocatedStorage: '21'}],
    ['--availability-zone ca-central-1d', {AvailabilityZone: 'ca-central-1d'}],
    ['--backup-retention-period 35', {BackupRetentionPeriod: '35'}],
    ['--port 1150', {Port: '1150'}],
    ['--multi-az', {MultiAZ: 'true'}],
    ['--db-name Other_1', {DBName: 'Other_1'}],
    ['--storage-type gp3', {StorageType: 'gp3'}],
    ['--no-publicly-accessible', {PubliclyAccessible: 'false'}],
    ['--no-storage-encrypted', {StorageEncrypted: 'false'}],
    [
      '--no-enable-performance-insights',
      {EnablePerformanceInsights: 'false', PerformanceInsightsRetentionPeriod: undefined},
    ],
    ['--deletion-protection', {DeletionProtection: 'true'}],
    ['--enable-iam-database-authentication', {EnableIAMDatabaseAuthentication: 'true'}],
    ['--db-subnet-group-name cruddur-subnets', {DBSubnetGroupName: 'cruddur-subnets'}],
    [`--vpc-security-group-ids ${GROUP}`, {'VpcSecurityGroupIds.VpcSecurityGroupId.1': GROUP}],
  ])('says what the flag says, and else the defaults: %s', (flags, changes) =>
    onStage(async (stage) => {
      const {code} = await stage.create([...flags.split(' '), '--no-wait'])
      expect(code).toBe(0)
      const defaults = Object.fromEntries(fields(bodyOf('create without a zone')))
      const expected = Object.entries({...defaults, ...changes})
      expect(stage.created()).toEqual(
        Object.fromEntries(expected.filter(([, value]) => value !== undefined)),
      )
    })(),
  )
})
