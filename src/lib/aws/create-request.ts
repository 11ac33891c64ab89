import type {CreateDBInstanceCommandInput} from '@aws-sdk/client-rds'
import type {InstanceSettings} from './instance-settings.js'

/**
 * The request of `aws rds create-db-instance` with the same flags.
 *
 * @param password left out with `manage-master-user-password`
 */
export function createRequest(
  settings: InstanceSettings,
  password: string | undefined,
): CreateDBInstanceCommandInput {
  const insights = settings['enable-performance-insights']
  return {
    DBInstanceIdentifier: settings['db-instance-identifier'],
    DBInstanceClass: settings['db-instance-class'],
    Engine: settings.engine,
    EngineVersion: settings['engine-version'],
    MasterUsername: settings['master-username'],
    ...(settings['manage-master-user-password']
      ? {ManageMasterUserPassword: true}
      : {MasterUserPassword: password}),
    AllocatedStorage: settings['allocated-storage'],
    AvailabilityZone: settings['availability-zone'],
    BackupRetentionPeriod: settings['backup-retention-period'],
    Port: settings.port,
    MultiAZ: settings['multi-az'],
    DBName: settings['db-name'],
    StorageType: settings['storage-type'],
    Iops: settings.iops,
    PubliclyAccessible: settings['publicly-accessible'],
    StorageEncrypted: settings['storage-encrypted'],
    EnablePerformanceInsights: insights,
    ...(insights
      ? {PerformanceInsightsRetentionPeriod: settings['performance-insights-retention-period']}
      : {}),
    DeletionProtection: settings['deletion-protection'],
    ...(settings['enable-iam-database-authentication']
      ? {EnableIAMDatabaseAuthentication: true}
      : {}),
    VpcSecurityGroupIds: settings['vpc-security-group-ids'],
    DBSubnetGroupName: settings['db-subnet-group-name'],
  }
}
