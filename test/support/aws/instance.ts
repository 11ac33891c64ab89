import type {Xml} from './xml.js'

/** A DB instance as DescribeDBInstances gives it, with the SDK's names. What is left out is absent there too. */
export interface FakeInstance {
  DBInstanceIdentifier: string
  DBInstanceClass: string
  Engine: string
  EngineVersion: string
  DBInstanceStatus: string
  MasterUsername: string
  DBName?: string
  /** Absent while the status is `creating`. */
  Endpoint?: {Address: string; Port: number; HostedZoneId: string}
  AllocatedStorage: number
  InstanceCreateTime?: Date
  BackupRetentionPeriod: number
  VpcSecurityGroups: {VpcSecurityGroupId: string; Status: string}[]
  AvailabilityZone?: string
  DBSubnetGroupName: string
  MultiAZ: boolean
  PubliclyAccessible: boolean
  StorageType: string
  Iops?: number
  StorageThroughput?: number
  MaxAllocatedStorage?: number
  StorageEncrypted: boolean
  KmsKeyId?: string
  /** The port that was asked for; the service itself says 0 in `DbInstancePort` (aws/aws-sdk-java#924). */
  Port: number
  DbiResourceId: string
  DBInstanceArn: string
  CACertificateIdentifier: string
  IAMDatabaseAuthenticationEnabled: boolean
  DatabaseInsightsMode: string
  PerformanceInsightsEnabled: boolean
  PerformanceInsightsRetentionPeriod?: number
  DeletionProtection: boolean
  NetworkType: string
  EngineLifecycleSupport: string
  MasterUserSecret?: {SecretArn: string; SecretStatus: string; KmsKeyId: string}
  TagList: {Key: string; Value: string}[]
}

export const ACCOUNT = '123456789012'

/** An instance that is available as `rds-create` makes it; a test names what is to differ. */
export function fakeInstance(changes: Partial<FakeInstance> = {}): FakeInstance {
  const identifier = changes.DBInstanceIdentifier ?? 'cruddur-db-instance'
  const instance: FakeInstance = {
    DBInstanceIdentifier: identifier,
    DBInstanceClass: 'db.t3.micro',
    Engine: 'postgres',
    EngineVersion: '17.8',
    DBInstanceStatus: 'available',
    MasterUsername: 'cruddurroot',
    DBName: 'cruddur',
    AllocatedStorage: 20,
    BackupRetentionPeriod: 0,
    VpcSecurityGroups: [{VpcSecurityGroupId: 'sg-0123456789abcdef0', Status: 'active'}],
    AvailabilityZone: 'ca-central-1a',
    DBSubnetGroupName: 'default',
    MultiAZ: false,
    PubliclyAccessible: true,
    StorageType: 'gp2',
    StorageEncrypted: true,
    Port: 5432,
    DbiResourceId: 'db-ABCDEFGHIJKLMNOPQRSTUVWXYZ',
    DBInstanceArn: `arn:aws:rds:ca-central-1:${ACCOUNT}:db:${identifier}`,
    CACertificateIdentifier: 'rds-ca-rsa2048-g1',
    IAMDatabaseAuthenticationEnabled: false,
    DatabaseInsightsMode: 'standard',
    PerformanceInsightsEnabled: true,
    PerformanceInsightsRetentionPeriod: 7,
    DeletionProtection: false,
    NetworkType: 'IPV4',
    EngineLifecycleSupport: 'open-source-rds-extended-support',
    TagList: [],
    ...changes,
  }
  if (!changes.Endpoint && instance.DBInstanceStatus !== 'creating') addEndpoint(instance)
  return instance
}

/** What an instance has once it is out of `creating`. */
export function addEndpoint(instance: FakeInstance): void {
  const region = instance.DBInstanceArn.split(':')[3]
  const Address = `${instance.DBInstanceIdentifier}.c9akciq32rmm.${region}.rds.amazonaws.com`
  instance.Endpoint ??= {Address, Port: instance.Port, HostedZoneId: 'Z1JSRSPGAD5GDF'}
  instance.InstanceCreateTime ??= new Date()
  if (instance.MasterUserSecret) instance.MasterUserSecret.SecretStatus = 'active'
}

/** An instance as XML; a pending password change stands there as AWS masks it. */
export function instanceXml(instance: FakeInstance): Xml {
  const {Port, DBSubnetGroupName, VpcSecurityGroups, TagList, ...rest} = instance
  return {
    ...rest,
    DbInstancePort: 0,
    VpcSecurityGroups: {VpcSecurityGroupMembership: VpcSecurityGroups},
    DBSubnetGroup: {
      DBSubnetGroupName,
      VpcId: 'vpc-0123456789abcdef0',
      SubnetGroupStatus: 'Complete',
    },
    DBParameterGroups: {
      DBParameterGroup: {
        DBParameterGroupName: `default.postgres${instance.EngineVersion.replace(/\..*$/, '')}`,
        ParameterApplyStatus: 'in-sync',
      },
    },
    PendingModifiedValues:
      instance.DBInstanceStatus === 'creating' && !instance.MasterUserSecret
        ? {MasterUserPassword: '****'}
        : {},
    LicenseModel: 'postgresql-license',
    AutoMinorVersionUpgrade: true,
    MonitoringInterval: 0,
    TagList: {Tag: TagList},
  }
}
