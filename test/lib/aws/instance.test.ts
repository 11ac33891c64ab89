import type {DBInstance} from '@aws-sdk/client-rds'
import {describe, expect, test} from 'vitest'
import {
  deadEnd,
  differences,
  instanceOf,
  instanceTarget,
  instanceUrl,
  isUsable,
} from '../../../src/lib/aws/instance.js'
import {type InstanceSettings, instanceDefaults} from '../../../src/lib/aws/instance-settings.js'

/** As DescribeDBInstances gives an instance made with the defaults. */
const AS_ASKED: DBInstance = {
  DBInstanceIdentifier: 'cruddur-db-instance',
  DBInstanceClass: 'db.t3.micro',
  DBInstanceStatus: 'available',
  Engine: 'postgres',
  EngineVersion: '17.8',
  MasterUsername: 'cruddurroot',
  DBName: 'cruddur',
  Endpoint: {Address: 'host.rds.amazonaws.com', Port: 5432},
  DbInstancePort: 0,
  AllocatedStorage: 20,
  AvailabilityZone: 'ca-central-1b',
  BackupRetentionPeriod: 0,
  MultiAZ: false,
  StorageType: 'gp2',
  PubliclyAccessible: true,
  StorageEncrypted: true,
  PerformanceInsightsEnabled: true,
  DeletionProtection: false,
  IAMDatabaseAuthenticationEnabled: false,
  DBInstanceArn: 'arn:aws:rds:ca-central-1:123456789012:db:cruddur-db-instance',
  VpcSecurityGroups: [{VpcSecurityGroupId: 'sg-2'}, {VpcSecurityGroupId: 'sg-1'}],
  DBSubnetGroup: {DBSubnetGroupName: 'default'},
}
const found = (there: Partial<DBInstance>, asked: Partial<InstanceSettings> = {}) =>
  differences({...instanceDefaults, ...asked}, {...AS_ASKED, ...there})

describe('an instance that is as asked for', () => {
  test.each<[string, Partial<DBInstance>, Partial<InstanceSettings>]>([
    ['by default', {}, {}],
    ['a minor version of the major one', {EngineVersion: '17.10'}, {'engine-version': '17'}],
    ['the very version', {EngineVersion: '17.8'}, {'engine-version': '17.8'}],
    ['the zone', {}, {'availability-zone': 'ca-central-1b'}],
    ['the groups in another order', {}, {'vpc-security-group-ids': ['sg-1', 'sg-2']}],
    ['the subnet group in capitals', {}, {'db-subnet-group-name': 'Default'}],
    ['the IOPS that gp3 comes with', {StorageType: 'gp3', Iops: 3000}, {'storage-type': 'gp3'}],
    [
      'a managed password',
      {MasterUserSecret: {SecretArn: 'arn'}},
      {'manage-master-user-password': true},
    ],
    ['another port than 0, which is none', {DbInstancePort: 0}, {}],
    ['without what AWS does not tell yet', {Endpoint: undefined, EngineVersion: undefined}, {}],
    ['without a database while it has no endpoint', {Endpoint: undefined, DBName: undefined}, {}],
  ])('has no differences: %s', (_, there, asked) => {
    expect(found(there, asked)).toEqual([])
  })
})

describe('a difference', () => {
  test.each<[keyof InstanceSettings, Partial<DBInstance>, string, string]>([
    ['db-instance-class', {DBInstanceClass: 'db.t4g.micro'}, 'db.t3.micro', 'db.t4g.micro'],
    ['engine', {Engine: 'mysql'}, 'postgres', 'mysql'],
    ['engine-version', {EngineVersion: '16.9'}, '17', '16.9'],
    ['engine-version', {EngineVersion: '170.1'}, '17', '170.1'],
    ['master-username', {MasterUsername: 'postgres'}, 'cruddurroot', 'postgres'],
    ['allocated-storage', {AllocatedStorage: 100}, '20', '100'],
    ['backup-retention-period', {BackupRetentionPeriod: 7}, '0', '7'],
    ['port', {Endpoint: {Address: 'h', Port: 5433}}, '5432', '5433'],
    ['multi-az', {MultiAZ: true}, 'false', 'true'],
    ['db-name', {DBName: 'other'}, 'cruddur', 'other'],
    ['storage-type', {StorageType: 'gp3'}, 'gp2', 'gp3'],
    ['publicly-accessible', {PubliclyAccessible: false}, 'true', 'false'],
    ['storage-encrypted', {StorageEncrypted: false}, 'true', 'false'],
    ['enable-performance-insights', {PerformanceInsightsEnabled: false}, 'true', 'false'],
    ['deletion-protection', {DeletionProtection: true}, 'false', 'true'],
    ['manage-master-user-password', {MasterUserSecret: {SecretArn: 'arn'}}, 'false', 'true'],
    [
      'enable-iam-database-authentication',
      {IAMDatabaseAuthenticationEnabled: true},
      'false',
      'true',
    ],
  ])('is seen in --%s: %o', (flag, changes, asked, there) => {
    expect(found(changes)).toEqual([{flag, asked, there}])
  })

  test.each<[keyof InstanceSettings, Partial<InstanceSettings>, string, string]>([
    ['engine-version', {'engine-version': '17.9'}, '17.9', '17.8'],
    ['engine-version', {'engine-version': '17.80'}, '17.80', '17.8'],
    ['availability-zone', {'availability-zone': 'ca-central-1a'}, 'ca-central-1a', 'ca-central-1b'],
    ['vpc-security-group-ids', {'vpc-security-group-ids': ['sg-1']}, 'sg-1', 'sg-1 sg-2'],
    ['db-subnet-group-name', {'db-subnet-group-name': 'mine'}, 'mine', 'default'],
  ])('is seen in --%s where it is asked for: %o', (flag, changes, asked, there) => {
    expect(found({}, changes)).toEqual([{flag, asked, there}])
  })

  test('is not seen in what AWS turns on last, while it creates the instance', () => {
    const early = {DBInstanceStatus: 'creating', PerformanceInsightsEnabled: false}
    expect(found(early)).toEqual([])
    expect(found({...early, AllocatedStorage: 5}).map(({flag}) => flag)).toEqual([
      'allocated-storage',
    ])
    expect(found({...early, DBInstanceStatus: 'available'}).map(({flag}) => flag)).toEqual([
      'enable-performance-insights',
    ])
  })

  test('is seen in a database that there is none of', () => {
    expect(found({DBName: undefined}).map(({flag}) => flag)).toEqual(['db-name'])
  })

  test('does not hide another', () => {
    expect(found({MultiAZ: true, DBName: 'x', AllocatedStorage: 5}).map(({flag}) => flag)).toEqual([
      'allocated-storage',
      'multi-az',
      'db-name',
    ])
  })
})

describe('an instance for a script', () => {
  test('has every field', () => {
    expect(instanceOf({...AS_ASKED, MasterUserSecret: {SecretArn: 'the-arn'}})).toEqual({
      identifier: 'cruddur-db-instance',
      status: 'available',
      endpoint: 'host.rds.amazonaws.com',
      port: 5432,
      engine: 'postgres',
      engineVersion: '17.8',
      class: 'db.t3.micro',
      storageGb: 20,
      availabilityZone: 'ca-central-1b',
      database: 'cruddur',
      user: 'cruddurroot',
      arn: 'arn:aws:rds:ca-central-1:123456789012:db:cruddur-db-instance',
      securityGroups: ['sg-2', 'sg-1'],
      publiclyAccessible: true,
      masterUserSecretArn: 'the-arn',
    })
  })

  test('has null, and no undefined, for what AWS leaves out', () => {
    expect(instanceOf({})).toEqual({
      identifier: '',
      status: 'unknown',
      endpoint: null,
      port: null,
      engine: '',
      engineVersion: '',
      class: '',
      storageGb: null,
      availabilityZone: null,
      database: null,
      user: null,
      arn: null,
      securityGroups: [],
      publiclyAccessible: null,
      masterUserSecretArn: null,
    })
  })

  test.each([
    [{Endpoint: {Address: 'h', Port: 5433}, DbInstancePort: 0}, 5433],
    [{DbInstancePort: 5434}, 5434],
    [{DbInstancePort: 0}, null],
  ])('has the port of its endpoint, and none that is 0: %o', (there, port) => {
    expect(instanceOf(there).port).toBe(port)
  })
})

const inState = (DBInstanceStatus: string, there: DBInstance = AS_ASKED) =>
  instanceOf({...there, DBInstanceStatus})

describe('a status', () => {
  test.each([
    'failed',
    'incompatible-network',
    'incompatible-option-group',
    'incompatible-parameters',
    'incompatible-restore',
    'incompatible-create',
    'insufficient-capacity',
    'storage-full',
    'inaccessible-encryption-credentials',
    'inaccessible-encryption-credentials-recoverable',
    'restore-error',
    'stopped',
    'stopping',
    'deleting',
    'delete-precheck',
  ])('%s leads nowhere, and there is something to do about it', (status) => {
    expect(deadEnd(inState(status))).toMatch(/^[a-z].*[^.]$/)
    expect(deadEnd(inState(status))).not.toContain('NAME')
    expect(isUsable(inState(status))).toBe(false)
  })

  test.each([
    'creating',
    'backing-up',
    'modifying',
    'rebooting',
    'renaming',
    'resetting-master-credentials',
    'starting',
    'upgrading',
    'maintenance',
    'configuring-enhanced-monitoring',
    'configuring-iam-database-auth',
    'configuring-log-exports',
    'converting-to-vpc',
    'moving-to-vpc',
    'storage-config-upgrade',
    'storage-initialization',
    'unknown',
    'a-status-of-next-year',
  ])('%s may still become available', (status) => {
    expect(deadEnd(inState(status))).toBeUndefined()
    expect(isUsable(inState(status))).toBe(false)
  })

  test.each(['available', 'storage-optimization'])(
    '%s can be used once it has an endpoint',
    (status) => {
      expect(deadEnd(inState(status))).toBeUndefined()
      expect(isUsable(inState(status))).toBe(true)
      expect(isUsable(inState(status, {...AS_ASKED, Endpoint: undefined}))).toBe(false)
    },
  )

  test('names the instance in a command to be copied', () => {
    const named = '--db-instance-identifier cruddur-db-instance --region ca-central-1'
    expect(deadEnd(inState('stopped'))).toBe(`start it: aws rds start-db-instance ${named}`)
    const full = inState('storage-full', {...AS_ASKED, AllocatedStorage: 100})
    expect(deadEnd(full)).toBe(
      `give it more storage: aws rds modify-db-instance ${named} --allocated-storage 112 --apply-immediately`,
    )
  })
})

describe('the URL', () => {
  test('holds PASSWORD and no password', () => {
    expect(instanceUrl(instanceOf(AS_ASKED))).toBe(
      'postgres://cruddurroot:PASSWORD@host.rds.amazonaws.com:5432/cruddur',
    )
  })

  test('is not there before the endpoint is', () => {
    expect(instanceUrl(instanceOf({...AS_ASKED, Endpoint: undefined}))).toBeUndefined()
  })

  test('names what there always is where AWS does not say', () => {
    const bare = instanceOf({Endpoint: {Address: 'h'}})
    expect(instanceUrl(bare)).toBe('postgres://USER:PASSWORD@h:5432/postgres')
  })

  test('is encoded as a URL is', () => {
    const odd = instanceOf({...AS_ASKED, MasterUsername: 'a b', DBName: 'c#d'})
    expect(instanceUrl(odd)).toBe('postgres://a%20b:PASSWORD@host.rds.amazonaws.com:5432/c%23d')
  })
})

describe('the target for a script', () => {
  test('is the one that --prod will name', () => {
    expect(instanceTarget(instanceOf(AS_ASKED))).toEqual({
      name: 'production',
      production: true,
      host: 'host.rds.amazonaws.com',
      port: 5432,
      database: 'cruddur',
      user: 'cruddurroot',
    })
  })

  test.each<[string, Partial<DBInstance>]>([
    ['host', {Endpoint: undefined}],
    ['port', {Endpoint: {Address: 'h'}, DbInstancePort: 0}],
    ['database', {DBName: undefined}],
    ['user', {MasterUsername: undefined}],
  ])('is not there without its %s', (_, there) => {
    expect(instanceTarget(instanceOf({...AS_ASKED, ...there}))).toBeNull()
  })
})
