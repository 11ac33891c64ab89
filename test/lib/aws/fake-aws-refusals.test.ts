import {CreateDBInstanceCommand, type CreateDBInstanceCommandInput} from '@aws-sdk/client-rds'
import {afterAll, afterEach, beforeAll, expect, test} from 'vitest'
import {rdsClient, refusalOf} from '../../support/aws/clients.js'
import {type FakeAws, startFakeAws} from '../../support/aws/fake-aws.js'

type Changes = Partial<CreateDBInstanceCommandInput>

let fake: FakeAws

beforeAll(async () => {
  fake = await startFakeAws()
})

afterEach(() => {
  expect(fake.instances.size).toBe(0)
})

afterAll(() => fake.close())

const WANTED: CreateDBInstanceCommandInput = {
  DBInstanceIdentifier: 'cruddur-db-instance',
  DBInstanceClass: 'db.t3.micro',
  Engine: 'postgres',
  EngineVersion: '17',
  MasterUsername: 'cruddurroot',
  MasterUserPassword: 'huEE33z2Qvl383',
  AllocatedStorage: 20,
  StorageType: 'gp2',
}

const VALUE = 'InvalidParameterValue'
const NETWORK = 'InvalidVPCNetworkStateFault'
const COMBINATION = 'InvalidParameterCombination'
const MISSING = 'MissingParameter'

const IDENTIFIER =
  'The parameter DBInstanceIdentifier is not a valid identifier. Identifiers must begin with a letter; must contain ' +
  'only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens.'
const PASSWORD = 'The parameter MasterUserPassword is not a valid password'
const ALPHABET = `${PASSWORD}. Only printable ASCII characters besides '/', '@', '"', ' ' may be used.`
const DBNAME = 'DBName must begin with a letter and contain only alphanumeric characters.'
const INSIGHTS =
  'Invalid Performance Insights retention period. Valid values are: [7, 31, 62, 93, 124, 155, 186, 217, 248, 279, ' +
  '310, 341, 372, 403, 434, 465, 496, 527, 558, 589, 620, 651, 682, 713, 731]'
const ADVANCED =
  "You can't enable the Advanced mode of Database Insights until you enable Performance Insights and set the " +
  'retention period for Performance Insights to at least 31 days.'
const MAGNETIC =
  "RDS can't create the DB instance because magnetic storage is deprecated. Set StorageType to gp2, gp3, or io2."
const SLOW =
  "You can't specify IOPS or storage throughput for engine postgres and a storage size less than 400."
const EXCLUSIVE =
  'MasterUserPassword and ManageMasterUserPassword are mutually exclusive. Specify only one of these parameters.'

const reserved = (name: string) =>
  `MasterUsername ${name} cannot be used as it is a reserved word used by the engine`
const size = (type: string, gib: number) =>
  `Invalid storage size for engine name postgres and storage type ${type}: ${gib}`
const days = (count: number) =>
  `Invalid backup retention period: ${count}. Retention period must be between 0 and 35.`
const blank = (name: string) => `The parameter ${name} must be provided and must not be blank.`
const missing = (name: string) => `The request must contain the parameter ${name}.`
const nowhere = (zone: string) =>
  `Availability zone '[${zone}]' is unavailable in this region, please choose another zone set.`
const port = (number: number) => `Invalid endpoint port ${number}. Valid range is: 1150-65535`
const unsupported = (name: string) =>
  `RDS does not support creating a DB instance with the following combination: DBInstanceClass=${name}, ` +
  'Engine=postgres, EngineVersion=17.8, LicenseModel=postgresql-license. For supported combinations of instance ' +
  'class and database engine version, see the documentation.'

const REFUSED: [Changes, string, string][] = [
  [{DBInstanceIdentifier: '1cruddur'}, VALUE, IDENTIFIER],
  [{DBInstanceIdentifier: 'cruddur_db'}, VALUE, IDENTIFIER],
  [{DBInstanceIdentifier: 'cruddur-'}, VALUE, IDENTIFIER],
  [{DBInstanceIdentifier: 'cruddur--db'}, VALUE, IDENTIFIER],
  [{DBInstanceIdentifier: ''}, VALUE, blank('DBInstanceIdentifier')],
  [
    {DBInstanceIdentifier: 'a'.repeat(64)},
    VALUE,
    'The parameter DBInstanceIdentifier is not a valid identifier because it is longer than 63 characters.',
  ],
  [{DBInstanceIdentifier: undefined}, MISSING, missing('DBInstanceIdentifier')],
  [{DBInstanceClass: undefined}, MISSING, missing('DBInstanceClass')],
  [{DBInstanceClass: 't3.micro'}, VALUE, 'Invalid DB Instance class: t3.micro'],
  [{DBInstanceClass: 'db.t2.micro'}, COMBINATION, unsupported('db.t2.micro')],
  [{Engine: undefined}, MISSING, missing('Engine')],
  [{Engine: 'postgresql'}, VALUE, 'Invalid DB engine'],
  [{EngineVersion: '14.6'}, COMBINATION, 'Cannot find version 14.6 for postgres'],
  [{EngineVersion: '12'}, COMBINATION, 'Cannot find version 12 for postgres'],
  [{MasterUsername: undefined}, VALUE, blank('MasterUsername')],
  [{MasterUsername: '1root'}, VALUE, 'Invalid master user name'],
  [{MasterUsername: 'cruddur-root'}, VALUE, 'Invalid master user name'],
  [{MasterUsername: 'u'.repeat(64)}, VALUE, 'Invalid master user name'],
  [{MasterUsername: 'admin'}, VALUE, reserved('admin')],
  [{MasterUsername: 'rdsadmin'}, VALUE, reserved('rdsadmin')],
  [{MasterUsername: 'User'}, VALUE, reserved('User')],
  [
    {MasterUsername: 'pg_root'},
    VALUE,
    'MasterUsername pg_root cannot be used because role names starting with "pg_" are reserved by the PostgreSQL engine',
  ],
  [{MasterUserPassword: undefined}, VALUE, blank('MasterUserPassword')],
  [{MasterUserPassword: 'short12'}, VALUE, `${PASSWORD} because it is shorter than 8 characters.`],
  [
    {MasterUserPassword: 'x'.repeat(129)},
    VALUE,
    `${PASSWORD} because it is longer than 128 characters.`,
  ],
  [{MasterUserPassword: 'with/slash'}, VALUE, ALPHABET],
  [{MasterUserPassword: 'with@sign'}, VALUE, ALPHABET],
  [{MasterUserPassword: 'with"quote'}, VALUE, ALPHABET],
  [{MasterUserPassword: 'with blank'}, VALUE, ALPHABET],
  [{MasterUserPassword: 'with-umlaut-ü'}, VALUE, ALPHABET],
  [{ManageMasterUserPassword: true}, VALUE, EXCLUSIVE],
  [
    {MasterUserSecretKmsKeyId: 'key'},
    COMBINATION,
    'A ManageMasterUserPassword value is required when MasterUserSecretKmsKeyId is specified.',
  ],
  [{DBName: '1cruddur'}, VALUE, DBNAME],
  [{DBName: 'cruddur-db'}, VALUE, DBNAME],
  [{DBName: 'd'.repeat(64)}, VALUE, DBNAME],
  [{DBName: 'table'}, VALUE, 'DBName table cannot be used. It is a reserved word for this engine'],
  [
    {AllocatedStorage: undefined},
    VALUE,
    'The parameter AllocatedStorage must be provided and must not be null.',
  ],
  [{AllocatedStorage: 19}, COMBINATION, size('gp2', 19)],
  [{AllocatedStorage: 65537}, COMBINATION, size('gp2', 65537)],
  [{AllocatedStorage: 19, StorageType: undefined}, COMBINATION, size('gp3', 19)],
  [{AllocatedStorage: 99, StorageType: 'io1', Iops: 1000}, COMBINATION, size('io1', 99)],
  [{AllocatedStorage: 99, StorageType: undefined, Iops: 1000}, COMBINATION, size('io1', 99)],
  [
    {AllocatedStorage: 100, StorageType: 'io2'},
    COMBINATION,
    'The storage type io2 requires iops to be specified.',
  ],
  [{StorageType: 'standard'}, VALUE, MAGNETIC],
  [{StorageType: 'gp4'}, VALUE, 'Invalid storage type: gp4'],
  [{StorageType: 'gp3', Iops: 3000}, COMBINATION, SLOW],
  [
    {StorageThroughput: 125},
    COMBINATION,
    "You can't specify storage throughput for storage type gp2.",
  ],
  [{MaxAllocatedStorage: 19}, COMBINATION, 'Max storage size must be greater than storage size'],
  [{BackupRetentionPeriod: 36}, VALUE, days(36)],
  [{BackupRetentionPeriod: -1}, VALUE, days(-1)],
  [{Port: 1149}, VALUE, port(1149)],
  [{Port: 65536}, VALUE, port(65536)],
  [{EnablePerformanceInsights: true, PerformanceInsightsRetentionPeriod: 94}, VALUE, INSIGHTS],
  [
    {PerformanceInsightsRetentionPeriod: 7},
    COMBINATION,
    "To enable Performance Insights, EnablePerformanceInsights must be set to 'true'",
  ],
  [
    {EnablePerformanceInsights: true, PerformanceInsightsRetentionPeriod: 31},
    COMBINATION,
    'fake: a retention of more than 7 days needs the Advanced mode of Database Insights',
  ],
  [{EnablePerformanceInsights: true, DatabaseInsightsMode: 'advanced'}, COMBINATION, ADVANCED],
  [{AvailabilityZone: 'us-east-1a'}, NETWORK, nowhere('us-east-1a')],
  [{AvailabilityZone: 'ca-central-1c'}, NETWORK, nowhere('ca-central-1c')],
  [
    {AvailabilityZone: 'ca-central-1a', MultiAZ: true},
    COMBINATION,
    'Requesting a specific availability zone is not valid for Multi-AZ instances.',
  ],
  [
    {VpcSecurityGroupIds: ['sg-0000000000000000f']},
    VALUE,
    'Invalid security group , groupId= sg-0000000000000000f, groupName=.',
  ],
]

test.each(REFUSED)('%o is refused as %s', async (changes, code, message) => {
  const call = rdsClient(fake).send(new CreateDBInstanceCommand({...WANTED, ...changes}))
  expect(await refusalOf(call)).toEqual([code, 400, message])
})

test('a subnet group that does not exist is not found', async () => {
  const input = {...WANTED, DBSubnetGroupName: 'nowhere'}
  expect(await refusalOf(rdsClient(fake).send(new CreateDBInstanceCommand(input)))).toEqual([
    'DBSubnetGroupNotFoundFault',
    404,
    "DB subnet group 'nowhere' does not exist.",
  ])
})
