import {randomBytes, randomUUID} from 'node:crypto'
import {CREATE_CHECKS} from './create-checks.js'
import {describeEngineVersions, versionToCreate} from './engine-versions.js'
import {ACCOUNT, addEndpoint, type FakeInstance, instanceXml} from './instance.js'
import {
  boolean,
  checkNames,
  filters,
  integer,
  list,
  members,
  type Parameters,
} from './parameters.js'
import {CREATE_PARAMETERS, OLD_CLASSES} from './rds-limits.js'
import {refuse, refuseCombination, refuseValue} from './refusal.js'
import {storageType} from './storage-checks.js'
import type {Xml} from './xml.js'

export interface RdsState {
  instances: Map<string, FakeInstance>
  statuses: string[]
  /** The statuses that a created instance still has before it, and the one it was last given here. */
  ahead: WeakMap<FakeInstance, {statuses: string[]; last: string}>
  versions: readonly string[]
  subnetGroups: readonly string[]
  /** Ids of the security groups there are. */
  securityGroups: () => string[]
}

const DESCRIBE_PARAMETERS = [
  'DBInstanceIdentifier',
  'Filters.Filter.N.Name',
  'Filters.Filter.N.Values.Value.N',
  'Marker',
  'MaxRecords',
]

const notFound = (identifier: string): never =>
  refuse('DBInstanceNotFound', `DBInstance ${identifier} not found.`, 404)

function securityGroupsOf(params: Parameters, state: RdsState): FakeInstance['VpcSecurityGroups'] {
  const known = state.securityGroups()
  const asked = list(params, 'VpcSecurityGroupIds.VpcSecurityGroupId')
  for (const id of asked) {
    if (!known.includes(id)) refuseValue(`Invalid security group , groupId= ${id}, groupName=.`)
  }
  const ids = asked.length > 0 ? asked : known.slice(0, 1)
  return ids.map((VpcSecurityGroupId) => ({VpcSecurityGroupId, Status: 'active'}))
}

function subnetGroupOf(params: Parameters, state: RdsState): string {
  const name = params['DBSubnetGroupName'] ?? 'default'
  if (state.subnetGroups.includes(name)) return name
  return refuse('DBSubnetGroupNotFoundFault', `DB subnet group '${name}' does not exist.`, 404)
}

function classFor(params: Parameters, version: string): string {
  const name = params['DBInstanceClass'] ?? ''
  if (!OLD_CLASSES.test(name)) return name
  return refuseCombination(
    `RDS does not support creating a DB instance with the following combination: DBInstanceClass=${name}, ` +
      `Engine=postgres, EngineVersion=${version}, LicenseModel=postgresql-license. For supported combinations ` +
      'of instance class and database engine version, see the documentation.',
  )
}

/** `value` under `name`, or nothing at all where it is undefined. */
const optional = <Name extends string, Value>(name: Name, value: Value | undefined) =>
  (value === undefined ? {} : {[name]: value}) as {[Key in Name]?: Value}

function secretOf(params: Parameters, region: string): Pick<FakeInstance, 'MasterUserSecret'> {
  if (!boolean(params, 'ManageMasterUserPassword')) return {}
  const arn = (service: string, rest: string) => `arn:aws:${service}:${region}:${ACCOUNT}:${rest}`
  const KmsKeyId = params['MasterUserSecretKmsKeyId'] ?? arn('kms', `key/${randomUUID()}`)
  const SecretArn = arn('secretsmanager', `secret:rds!db-${randomUUID()}-AbCdEf`)
  return {MasterUserSecret: {SecretArn, SecretStatus: 'creating', KmsKeyId}}
}

function storageOf(params: Parameters) {
  return {
    AllocatedStorage: integer(params, 'AllocatedStorage') ?? 0,
    StorageType: storageType(params),
    StorageEncrypted: boolean(params, 'StorageEncrypted') ?? false,
    ...optional('Iops', integer(params, 'Iops')),
    ...optional('StorageThroughput', integer(params, 'StorageThroughput')),
    ...optional('MaxAllocatedStorage', integer(params, 'MaxAllocatedStorage')),
    ...optional('KmsKeyId', params['KmsKeyId']),
  }
}

function monitoringOf(params: Parameters) {
  const on = boolean(params, 'EnablePerformanceInsights') ?? false
  const days = integer(params, 'PerformanceInsightsRetentionPeriod') ?? 7
  return {
    PerformanceInsightsEnabled: on,
    ...optional('PerformanceInsightsRetentionPeriod', on ? days : undefined),
    DatabaseInsightsMode: params['DatabaseInsightsMode'] ?? 'standard',
  }
}

function instanceOf(params: Parameters, region: string, state: RdsState): FakeInstance {
  const identifier = (params['DBInstanceIdentifier'] ?? '').toLowerCase()
  const version = versionToCreate(state.versions, params['EngineVersion'])
  const subnetGroup = subnetGroupOf(params, state)
  const multiAz = boolean(params, 'MultiAZ') ?? false
  return {
    DBInstanceIdentifier: identifier,
    DBInstanceClass: classFor(params, version),
    Engine: 'postgres',
    EngineVersion: version,
    DBInstanceStatus: 'creating',
    MasterUsername: params['MasterUsername'] ?? '',
    ...optional('DBName', params['DBName']),
    BackupRetentionPeriod: integer(params, 'BackupRetentionPeriod') ?? 1,
    VpcSecurityGroups: securityGroupsOf(params, state),
    AvailabilityZone: params['AvailabilityZone'] ?? `${region}b`,
    DBSubnetGroupName: subnetGroup,
    MultiAZ: multiAz,
    PubliclyAccessible: boolean(params, 'PubliclyAccessible') ?? subnetGroup === 'default',
    ...storageOf(params),
    Port: integer(params, 'Port') ?? 5432,
    DbiResourceId: `db-${randomBytes(13).toString('hex').toUpperCase()}`,
    DBInstanceArn: `arn:aws:rds:${region}:${ACCOUNT}:db:${identifier}`,
    CACertificateIdentifier: params['CACertificateIdentifier'] ?? 'rds-ca-rsa2048-g1',
    IAMDatabaseAuthenticationEnabled: boolean(params, 'EnableIAMDatabaseAuthentication') ?? false,
    ...monitoringOf(params),
    DeletionProtection: boolean(params, 'DeletionProtection') ?? false,
    NetworkType: params['NetworkType'] ?? 'IPV4',
    EngineLifecycleSupport: params['EngineLifecycleSupport'] ?? 'open-source-rds-extended-support',
    ...secretOf(params, region),
    TagList: members(params, 'Tags.Tag').map(({Key = '', Value = ''}) => ({Key, Value})),
  }
}

function createInstance(params: Parameters, region: string, state: RdsState): Xml {
  checkNames(params, CREATE_PARAMETERS)
  for (const check of CREATE_CHECKS) check(params, region)
  const instance = instanceOf(params, region, state)
  const identifier = instance.DBInstanceIdentifier
  if (state.instances.has(identifier)) {
    refuse('DBInstanceAlreadyExists', 'DB instance already exists')
  }
  state.instances.set(identifier, instance)
  state.ahead.set(instance, {statuses: [...state.statuses], last: instance.DBInstanceStatus})
  return {DBInstance: instanceXml(instance)}
}

/** Gives the instance its next status, unless a test has given it one of its own. */
function seen(instance: FakeInstance, state: RdsState): Xml {
  const ahead = state.ahead.get(instance)
  if (ahead && ahead.last === instance.DBInstanceStatus) {
    ahead.last = ahead.statuses.shift() ?? ahead.last
    instance.DBInstanceStatus = ahead.last
  }
  if (instance.DBInstanceStatus !== 'creating') addEndpoint(instance)
  return instanceXml(instance)
}

function describeInstances(params: Parameters, state: RdsState): Xml {
  checkNames(params, DESCRIBE_PARAMETERS)
  const identifier = params['DBInstanceIdentifier']?.toLowerCase().replace(/^arn:.*:db:/, '')
  let found = [...state.instances.values()]
  if (identifier !== undefined) {
    found = [state.instances.get(identifier) ?? notFound(identifier)]
  }
  for (const {name, values} of filters(params, 'rds')) {
    if (name !== 'db-instance-id') refuseValue(`Unrecognized filter name: ${name}`)
    found = found.filter((instance) => values.includes(instance.DBInstanceIdentifier))
  }
  return {DBInstances: {DBInstance: found.map((instance) => seen(instance, state))}}
}

/**
 * Does one action of RDS (2014-10-31) in `region`.
 *
 * @throws Refusal with AWS's code and words
 */
export function actOnRds(action: string, params: Parameters, region: string, state: RdsState): Xml {
  if (action === 'CreateDBInstance') return createInstance(params, region, state)
  if (action === 'DescribeDBInstances') return describeInstances(params, state)
  if (action === 'DescribeDBEngineVersions') return describeEngineVersions(params, state.versions)
  return refuse('InvalidAction', `Could not find operation ${action} for version 2014-10-31`)
}
