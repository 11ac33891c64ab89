import type {DBInstance} from '@aws-sdk/client-rds'
import type {TargetJson} from '../target/target.js'
import {shellWord} from '../target/text.js'
import {instanceCommand, regionFlag} from './instance-command.js'
import type {InstanceSettings} from './instance-settings.js'

/** An instance as scripts see it: JSON's field `instance`. */
export interface Instance {
  identifier: string
  status: string
  /** The host name; null until AWS has given one, some minutes after the creation began. */
  endpoint: string | null
  port: number | null
  engine: string
  engineVersion: string
  class: string
  storageGb: number | null
  availabilityZone: string | null
  database: string | null
  user: string | null
  arn: string | null
  securityGroups: string[]
  publiclyAccessible: boolean | null
  /** Where Secrets Manager keeps the master password; null: with whoever created the instance. */
  masterUserSecretArn: string | null
}

/** AWS leaves out what is not settled yet. */
export function instanceOf(instance: DBInstance): Instance {
  return {
    identifier: instance.DBInstanceIdentifier ?? '',
    status: instance.DBInstanceStatus ?? 'unknown',
    endpoint: instance.Endpoint?.Address ?? null,
    port: instance.Endpoint?.Port || instance.DbInstancePort || null,
    engine: instance.Engine ?? '',
    engineVersion: instance.EngineVersion ?? '',
    class: instance.DBInstanceClass ?? '',
    storageGb: instance.AllocatedStorage ?? null,
    availabilityZone: instance.AvailabilityZone ?? null,
    database: instance.DBName ?? null,
    user: instance.MasterUsername ?? null,
    arn: instance.DBInstanceArn ?? null,
    securityGroups: (instance.VpcSecurityGroups ?? []).flatMap(
      ({VpcSecurityGroupId}) => VpcSecurityGroupId ?? [],
    ),
    publiclyAccessible: instance.PubliclyAccessible ?? null,
    masterUserSecretArn: instance.MasterUserSecret?.SecretArn ?? null,
  }
}

/** One setting in which an instance is not as asked for. */
export interface Difference {
  flag: keyof InstanceSettings
  asked: string
  there: string
}

/** `17` asks for any 17.x; `17.9` for that one. */
function isVersion(asked: string, there: string): boolean {
  return there === asked || there.startsWith(`${asked}.`)
}

type Comparison = readonly [keyof InstanceSettings, unknown, unknown]

function comparisons(settings: InstanceSettings, there: DBInstance): Comparison[] {
  const same = (flag: keyof InstanceSettings, value: unknown): Comparison => [
    flag,
    settings[flag],
    value,
  ]
  const version = settings['engine-version']
  const groups = instanceOf(there).securityGroups
  const askedGroups = settings['vpc-security-group-ids']
  return [
    same('db-instance-class', there.DBInstanceClass),
    same('engine', there.Engine),
    [
      'engine-version',
      version,
      isVersion(version, there.EngineVersion ?? '') ? version : there.EngineVersion,
    ],
    same('master-username', there.MasterUsername),
    same('allocated-storage', there.AllocatedStorage),
    [
      'availability-zone',
      settings['availability-zone'] ?? there.AvailabilityZone,
      there.AvailabilityZone,
    ],
    same('backup-retention-period', there.BackupRetentionPeriod),
    same('port', instanceOf(there).port),
    same('multi-az', there.MultiAZ),
    // The only one that AWS leaves out because there is none.
    same('db-name', there.DBName ?? (there.Endpoint ? 'none' : undefined)),
    same('storage-type', there.StorageType),
    ['iops', settings.iops ?? there.Iops, there.Iops],
    same('publicly-accessible', there.PubliclyAccessible),
    same('storage-encrypted', there.StorageEncrypted),
    same('enable-performance-insights', there.PerformanceInsightsEnabled),
    same('deletion-protection', there.DeletionProtection),
    [
      'manage-master-user-password',
      settings['manage-master-user-password'],
      there.MasterUserSecret !== undefined,
    ],
    same('enable-iam-database-authentication', there.IAMDatabaseAuthenticationEnabled),
    [
      'vpc-security-group-ids',
      [...(askedGroups ?? groups)].sort().join(' '),
      [...groups].sort().join(' '),
    ],
    [
      'db-subnet-group-name',
      settings['db-subnet-group-name']?.toLowerCase() ?? there.DBSubnetGroup?.DBSubnetGroupName,
      there.DBSubnetGroup?.DBSubnetGroupName,
    ],
  ]
}

/**
 * Where an instance is not as asked for; what AWS does not tell (yet) is not counted, nor is what it says no to while it
 * creates the instance, for it may turn that on last.
 */
export function differences(settings: InstanceSettings, there: DBInstance): Difference[] {
  const early = there.DBInstanceStatus === 'creating'
  return comparisons(settings, there)
    .filter(([, , value]) => !(early && value === false))
    .filter(([, asked, value]) => value !== undefined && value !== null && value !== asked)
    .map(([flag, asked, value]) => ({flag, asked: String(asked), there: String(value)}))
}

/** Storage is enlarged by a tenth at least (RDS user guide, "Increasing DB instance storage capacity"). */
export function enlargedStorage({storageGb}: Instance): number {
  return Math.ceil((storageGb ?? 20) * 1.1) + 1
}

/** From `arn:aws:rds:REGION:…`. */
function commandOf({arn, identifier}: Instance, action: string, options?: string): string {
  return instanceCommand({identifier, region: arn?.split(':')[3]}, action, options)
}

function eventsOf({arn, identifier}: Instance): string {
  const source = `--source-type db-instance --source-identifier ${shellWord(identifier)}`
  return `aws rds describe-events ${source} --duration ${EVENTS_MIN}${regionFlag(arn?.split(':')[3])}`
}

/** A day; `describe-events` shows one hour unless told. */
const EVENTS_MIN = 24 * 60

type Cure = string | ((instance: Instance) => string)

/** The states from which an instance does not become available by itself, and what can be done (RDS user guide, "Viewing instance status"). */
const DEAD_ENDS: readonly (readonly [RegExp, Cure])[] = [
  [
    /^(?:deleting|delete-precheck)$/,
    'it is being deleted: wait until it is gone, then create it again',
  ],
  [/^(?:stopped|stopping)$/, (one) => `start it: ${commandOf(one, 'start-db-instance')}`],
  [
    /^storage-full$/,
    (one) => {
      const more = `--allocated-storage ${enlargedStorage(one)} --apply-immediately`
      return `give it more storage: ${commandOf(one, 'modify-db-instance', more)}`
    },
  ],
  [
    /^inaccessible-encryption-credentials/,
    'make its KMS key usable again, then start the instance',
  ],
  [
    /^incompatible-network$/,
    "check its subnets: not enough addresses, or a zone that the group doesn't cover",
  ],
  [/^incompatible-parameters$/, 'put a parameter group on it that fits, then reboot it'],
  [
    /^(?:failed|incompatible-.*|insufficient-capacity|restore-error)$/,
    (one) => `see why, then delete it: ${eventsOf(one)}`,
  ],
]

/** What to do about an instance that will not become available; undefined: it may. */
export function deadEnd(instance: Instance): string | undefined {
  const [, cure] = DEAD_ENDS.find(([states]) => states.test(instance.status)) ?? []
  return typeof cure === 'function' ? cure(instance) : cure
}

/** Optimising storage takes hours, in which the instance is in use (same source). */
export function isUsable({status, endpoint}: Instance): boolean {
  return (status === 'available' || status === 'storage-optimization') && endpoint !== null
}

/** The URL of an instance, its password left as a word to be replaced. */
export function instanceUrl({endpoint, port, user, database}: Instance): string | undefined {
  if (endpoint === null) return undefined
  const login = `${encodeURIComponent(user ?? 'USER')}:PASSWORD`
  return `postgres://${login}@${endpoint}:${port ?? 5432}/${encodeURIComponent(database ?? 'postgres')}`
}

/** An instance as `--prod` will name it; null until it has an endpoint. */
export function instanceTarget({database, endpoint, port, user}: Instance): TargetJson | null {
  if (endpoint === null || port === null || database === null || user === null) return null
  return {name: 'production', production: true, host: endpoint, port, database, user}
}
