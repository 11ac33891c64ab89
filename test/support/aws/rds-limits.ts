/** Days: a week, 1 to 23 months of 31 days, two years (RDS user guide, "Turning Performance Insights on"). */
export const PERFORMANCE_INSIGHTS: readonly number[] = [
  7,
  ...Array.from({length: 23}, (_, month) => 31 * (month + 1)),
  731,
]

/** The letters of a region's zones where they are not a, b and c. */
export const ZONES: Record<string, string> = {'ca-central-1': 'abd', 'us-east-1': 'abcdef'}

/** Families that PostgreSQL 13 and later do not run on (RDS user guide, supported instance classes). */
export const OLD_CLASSES = /^db\.(?:m[1-4]|r3|r4|t1|t2)\./

/**
 * Names that AWS refuses for user and database: admin (aws/aws-cdk#10597), rdsadmin (cfn-lint#4425), user
 * (terraform-aws-rds#306), RDS's own roles, and the words PostgreSQL reserves (its appendix C, "reserved").
 */
export const RESERVED: ReadonlySet<string> = new Set(
  `admin rdsadmin rdsrepladmin rds_superuser rds_replication rds_iam
  all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create
  current_catalog current_date current_role current_time current_timestamp current_user default deferrable desc
  distinct do else end except false fetch for foreign from grant group having in initially intersect into
  lateral leading limit localtime localtimestamp not null offset on only or order placing primary references
  returning select session_user some symmetric system_user table then to trailing true union unique user using
  variadic when where window with`.split(/\s+/),
)

/** Every parameter of CreateDBInstance that makes sense for PostgreSQL (service model 2014-10-31). */
export const CREATE_PARAMETERS: readonly string[] = [
  'AllocatedStorage',
  'AutoMinorVersionUpgrade',
  'AvailabilityZone',
  'BackupRetentionPeriod',
  'CACertificateIdentifier',
  'CopyTagsToSnapshot',
  'DBInstanceClass',
  'DBInstanceIdentifier',
  'DBName',
  'DBParameterGroupName',
  'DBSubnetGroupName',
  'DatabaseInsightsMode',
  'DedicatedLogVolume',
  'DeletionProtection',
  'EnableCloudwatchLogsExports.member.N',
  'EnableIAMDatabaseAuthentication',
  'EnablePerformanceInsights',
  'Engine',
  'EngineLifecycleSupport',
  'EngineVersion',
  'Iops',
  'KmsKeyId',
  'LicenseModel',
  'ManageMasterUserPassword',
  'MasterUserAuthenticationType',
  'MasterUserPassword',
  'MasterUserSecretKmsKeyId',
  'MasterUsername',
  'MaxAllocatedStorage',
  'MonitoringInterval',
  'MonitoringRoleArn',
  'MultiAZ',
  'NetworkType',
  'OptionGroupName',
  'PerformanceInsightsKMSKeyId',
  'PerformanceInsightsRetentionPeriod',
  'Port',
  'PreferredBackupWindow',
  'PreferredMaintenanceWindow',
  'PubliclyAccessible',
  'StorageEncrypted',
  'StorageThroughput',
  'StorageType',
  'Tags.Tag.N.Key',
  'Tags.Tag.N.Value',
  'VpcSecurityGroupIds.VpcSecurityGroupId.N',
]
