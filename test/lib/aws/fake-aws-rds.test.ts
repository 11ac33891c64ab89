import {
  CreateDBInstanceCommand,
  type CreateDBInstanceCommandInput,
  DescribeDBEngineVersionsCommand,
  DescribeDBInstancesCommand,
  paginateDescribeDBEngineVersions,
} from '@aws-sdk/client-rds'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {rdsClient, refusalOf} from '../../support/aws/clients.js'
import {type FakeAws, fakeInstance, startFakeAws} from '../../support/aws/fake-aws.js'

let fake: FakeAws

beforeEach(async () => {
  fake = await startFakeAws()
})

afterEach(() => fake.close())

const WANTED: CreateDBInstanceCommandInput = {
  DBInstanceIdentifier: 'cruddur-db-instance',
  DBInstanceClass: 'db.t3.micro',
  Engine: 'postgres',
  EngineVersion: '17',
  MasterUsername: 'cruddurroot',
  MasterUserPassword: 'huEE33z2Qvl383',
  AllocatedStorage: 20,
  StorageType: 'gp2',
  EnablePerformanceInsights: true,
}

const create = (changes: Partial<CreateDBInstanceCommandInput> = {}) =>
  rdsClient(fake).send(new CreateDBInstanceCommand({...WANTED, ...changes}))

async function describe(DBInstanceIdentifier = 'cruddur-db-instance') {
  const {DBInstances = []} = await rdsClient(fake).send(
    new DescribeDBInstancesCommand({DBInstanceIdentifier}),
  )
  return DBInstances[0]
}

test('an instance is what was asked for, and has no endpoint while it is being created', async () => {
  const {DBInstance} = await create({
    AvailabilityZone: 'ca-central-1d',
    BackupRetentionPeriod: 0,
    DBName: 'cruddur',
    DeletionProtection: true,
    EnableIAMDatabaseAuthentication: true,
    MultiAZ: false,
    Port: 5433,
    PubliclyAccessible: false,
    StorageEncrypted: true,
    Tags: [{Key: 'project', Value: 'cruddur & co <1>'}],
    VpcSecurityGroupIds: ['sg-0fedcba9876543210', 'sg-0123456789abcdef0'],
  })
  expect(DBInstance).toMatchObject({
    DBInstanceIdentifier: 'cruddur-db-instance',
    DBInstanceStatus: 'creating',
    EngineVersion: '17.8',
    MasterUsername: 'cruddurroot',
    AvailabilityZone: 'ca-central-1d',
    BackupRetentionPeriod: 0,
    DBName: 'cruddur',
    DBInstanceArn: 'arn:aws:rds:ca-central-1:123456789012:db:cruddur-db-instance',
    DBSubnetGroup: {DBSubnetGroupName: 'default'},
    DeletionProtection: true,
    IAMDatabaseAuthenticationEnabled: true,
    MultiAZ: false,
    PerformanceInsightsEnabled: true,
    PerformanceInsightsRetentionPeriod: 7,
    PubliclyAccessible: false,
    StorageEncrypted: true,
    StorageType: 'gp2',
    TagList: [{Key: 'project', Value: 'cruddur & co <1>'}],
    VpcSecurityGroups: [
      {VpcSecurityGroupId: 'sg-0fedcba9876543210', Status: 'active'},
      {VpcSecurityGroupId: 'sg-0123456789abcdef0', Status: 'active'},
    ],
  })
  expect(DBInstance?.DbiResourceId).toMatch(/^db-[0-9A-F]{26}$/)
  expect([DBInstance?.Endpoint, DBInstance?.MasterUserSecret]).toEqual([undefined, undefined])
})

test('an instance goes through its statuses, one at each look, and stays at the last', async () => {
  fake.statuses = ['creating', 'backing-up', 'available']
  await create({Port: 5433})
  expect(await describe()).not.toHaveProperty('Endpoint')
  const address = 'cruddur-db-instance.c9akciq32rmm.ca-central-1.rds.amazonaws.com'
  const endpoint = {Address: address, Port: 5433, HostedZoneId: 'Z1JSRSPGAD5GDF'}
  for (const status of ['backing-up', 'available', 'available']) {
    expect(await describe('CRUDDUR-DB-INSTANCE')).toMatchObject({
      DBInstanceStatus: status,
      Endpoint: endpoint,
    })
  }
})

test('a status that a test gives to an instance being created stays', async () => {
  await create()
  await describe()
  Object.assign(fake.instances.get('cruddur-db-instance') ?? {}, {DBInstanceStatus: 'storage-full'})
  await describe()
  expect((await describe())?.DBInstanceStatus).toBe('storage-full')
})

test('a test can put an instance in, change it and take it away', async () => {
  fake.instances.set(
    'other',
    fakeInstance({DBInstanceIdentifier: 'other', DBInstanceStatus: 'failed'}),
  )
  expect(await describe('other')).toMatchObject({DBInstanceStatus: 'failed', DBName: 'cruddur'})
  const {DBInstances} = await rdsClient(fake).send(new DescribeDBInstancesCommand())
  expect(DBInstances).toHaveLength(1)
  fake.instances.delete('other')
  expect(await refusalOf(describe('other'))).toEqual([
    'DBInstanceNotFound',
    404,
    'DBInstance other not found.',
  ])
})

test('a managed password has a secret, active once the instance is there', async () => {
  const {DBInstance} = await create({MasterUserPassword: undefined, ManageMasterUserPassword: true})
  const secret = DBInstance?.MasterUserSecret
  expect(secret?.SecretArn).toMatch(
    /^arn:aws:secretsmanager:ca-central-1:123456789012:secret:rds!db-/,
  )
  expect(secret?.SecretStatus).toBe('creating')
  await describe()
  expect((await describe())?.MasterUserSecret).toEqual({...secret, SecretStatus: 'active'})
})

test('it acts in the region a request is signed for', async () => {
  const rds = rdsClient(fake, {region: 'us-east-1'})
  const {DBInstance} = await rds.send(
    new CreateDBInstanceCommand({...WANTED, AvailabilityZone: 'us-east-1f'}),
  )
  expect(DBInstance?.DBInstanceArn).toBe(
    'arn:aws:rds:us-east-1:123456789012:db:cruddur-db-instance',
  )
})

test('an instance that exists is refused, whatever the case of its name', async () => {
  await create()
  expect(await refusalOf(create({DBInstanceIdentifier: 'Cruddur-DB-instance'}))).toEqual([
    'DBInstanceAlreadyExists',
    400,
    'DB instance already exists',
  ])
})

async function versions(
  input: {EngineVersion?: string; DefaultOnly?: boolean},
  engine = 'postgres',
) {
  const {DBEngineVersions = []} = await rdsClient(fake).send(
    new DescribeDBEngineVersionsCommand({Engine: engine, ...input}),
  )
  return DBEngineVersions.map(({EngineVersion}) => EngineVersion)
}

test('versions are found by engine, by version, by major version, and the default among them', async () => {
  expect(await versions({})).toHaveLength(27)
  expect(await versions({EngineVersion: '17'})).toEqual(['17.5', '17.6', '17.7', '17.8', '17.9'])
  expect(await versions({EngineVersion: '17.6'})).toEqual(['17.6'])
  expect(await versions({EngineVersion: '17', DefaultOnly: true})).toEqual(['17.8'])
  expect(await versions({DefaultOnly: true})).toEqual(['17.8'])
  expect(await versions({EngineVersion: '14.6'})).toEqual([])
  expect(await versions({EngineVersion: '14.6'}, 'aurora-postgresql')).toEqual(['14.6'])
})

test('versions come page by page', async () => {
  await fake.close()
  fake = await startFakeAws({versions: Array.from({length: 130}, (_, minor) => `17.${minor}`)})
  const pages = paginateDescribeDBEngineVersions({client: rdsClient(fake)}, {Engine: 'postgres'})
  const sizes: number[] = []
  for await (const {DBEngineVersions = []} of pages) sizes.push(DBEngineVersions.length)
  expect(sizes).toEqual([100, 30])
})

test('a version asked for in full, or none, is what the instance gets', async () => {
  expect((await create({EngineVersion: '16.9'})).DBInstance?.EngineVersion).toBe('16.9')
  const second = await create({EngineVersion: undefined, DBInstanceIdentifier: 'second'})
  expect(second.DBInstance?.EngineVersion).toBe('17.8')
})

test('limits themselves are within the limits', async () => {
  const password = '!#$%&()*+,-.0123456789:;<=>?[]^_`{|}~'.padEnd(128, "'")
  await create({DBInstanceIdentifier: 'a', MasterUserPassword: password, Port: 1150})
  await create({DBInstanceIdentifier: 'b'.repeat(63), MasterUsername: 'u'.repeat(63), Port: 65535})
  await create({DBInstanceIdentifier: 'c', MasterUsername: 'postgres', BackupRetentionPeriod: 35})
  const advanced = {DatabaseInsightsMode: 'advanced' as const}
  await create({DBInstanceIdentifier: 'd', ...advanced, PerformanceInsightsRetentionPeriod: 731})
  await create({
    DBInstanceIdentifier: 'e',
    MasterUserAuthenticationType: 'iam-db-auth',
    MasterUserPassword: undefined,
  })
  expect(fake.instances.size).toBe(5)
})
