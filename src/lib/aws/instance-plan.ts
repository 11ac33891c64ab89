import type {InstanceSettings} from './instance-settings.js'

/** What rds-create is about to do, for a person. */
export interface InstancePlan {
  /** Name and value of each line. */
  rows: (readonly [string, string])[]
  /** What makes it cost money, exposes it, or lets data be lost. */
  warnings: string[]
}

function warningsOf(settings: InstanceSettings): string[] {
  const backups = settings['backup-retention-period']
  const when = (condition: boolean, text: string) => (condition ? [text] : [])
  return [
    `AWS charges for ${settings['db-instance-class']} and ${settings['allocated-storage']} GiB until the instance is deleted`,
    ...when(settings['multi-az'], 'a standby in another zone costs as much again'),
    ...when(
      settings['manage-master-user-password'],
      'Secrets Manager charges for keeping the password',
    ),
    ...when(
      settings['publicly-accessible'],
      'it has a public address: all that its security group admits can try to log in',
    ),
    ...when(backups === 0, 'there are no backups: what is lost stays lost'),
    ...when(!settings['deletion-protection'], 'nothing keeps it from being deleted by mistake'),
    ...when(!settings['storage-encrypted'], 'its storage is not encrypted'),
  ]
}

/**
 * @param region undefined when it is not known
 * @param password where the master password comes from
 */
export function instancePlan(
  settings: InstanceSettings,
  region: string | undefined,
  password: string,
): InstancePlan {
  const groups = settings['vpc-security-group-ids']?.join(', ')
  const subnets = settings['db-subnet-group-name']
  const backups = settings['backup-retention-period']
  const insights = settings['performance-insights-retention-period']
  return {
    rows: [
      ['identifier', settings['db-instance-identifier']],
      ['region', region ?? 'not known'],
      [
        'zone',
        settings['availability-zone'] ?? (settings['multi-az'] ? 'two of the region' : 'any'),
      ],
      ['class', settings['db-instance-class']],
      ['engine', `PostgreSQL ${settings['engine-version']}`],
      [
        'storage',
        `${settings['allocated-storage']} GiB ${settings['storage-type']}, ${settings['storage-encrypted'] ? '' : 'not '}encrypted`,
      ],
      ['database', `${settings['db-name']}, port ${settings.port}`],
      ['user', settings['master-username']],
      ['password', password],
      ['reachable', settings['publicly-accessible'] ? 'from the internet' : 'from its VPC only'],
      ...(groups ? ([['security groups', groups]] as const) : []),
      ...(subnets ? ([['subnet group', subnets]] as const) : []),
      ['backups', backups === 0 ? 'none' : `${backups} days`],
      [
        'insights',
        settings['enable-performance-insights'] ? `Performance Insights, ${insights} days` : 'none',
      ],
    ],
    warnings: warningsOf(settings),
  }
}
