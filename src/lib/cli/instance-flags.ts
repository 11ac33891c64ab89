import {Flags} from '@oclif/core'
import {type InstanceSettings, instanceDefaults} from '../aws/instance-settings.js'

function text(name: keyof typeof instanceDefaults & keyof InstanceSettings, summary: string) {
  return Flags.string({
    default: String(instanceDefaults[name]),
    helpGroup: 'INSTANCE',
    helpValue: 'TEXT',
    summary,
  })
}

function number(
  name:
    | 'allocated-storage'
    | 'backup-retention-period'
    | 'performance-insights-retention-period'
    | 'port',
  helpValue: string,
  summary: string,
) {
  return Flags.integer({default: instanceDefaults[name], helpGroup: 'INSTANCE', helpValue, summary})
}

function yesNo(
  name:
    | 'deletion-protection'
    | 'enable-iam-database-authentication'
    | 'enable-performance-insights'
    | 'multi-az'
    | 'publicly-accessible'
    | 'storage-encrypted',
  summary: string,
) {
  const fallback = instanceDefaults[name]
  return Flags.boolean({
    allowNo: true,
    default: fallback,
    helpGroup: 'INSTANCE',
    // oclif's help shows no default that is a yes or a no.
    summary: `[default: ${fallback ? 'yes' : 'no'}] ${summary}`,
  })
}

/** Named as those of `aws rds create-db-instance`. */
export const instanceFlags = {
  'allocated-storage': number('allocated-storage', 'GIB', 'Storage.'),
  'availability-zone': Flags.string({
    helpGroup: 'INSTANCE',
    helpValue: 'ZONE',
    summary: 'A zone of the region, such as ca-central-1a; AWS chooses unless told.',
  }),
  'backup-retention-period': number(
    'backup-retention-period',
    'DAYS',
    'Days backups are kept; 0, the default: none are made.',
  ),
  'db-instance-class': text('db-instance-class', 'The machine.'),
  'db-instance-identifier': text('db-instance-identifier', 'The name of the instance.'),
  'db-name': text('db-name', 'The database that is made with it.'),
  'db-subnet-group-name': Flags.string({
    helpGroup: 'INSTANCE',
    helpValue: 'TEXT',
    summary: "The subnet group; the default VPC's unless told.",
  }),
  'deletion-protection': yesNo(
    'deletion-protection',
    'Refuse to delete it until this is turned off.',
  ),
  'enable-iam-database-authentication': yesNo(
    'enable-iam-database-authentication',
    'Let users log in with AWS credentials: --iam-auth.',
  ),
  'enable-performance-insights': yesNo('enable-performance-insights', 'Keep figures of its load.'),
  engine: text('engine', 'The kind of database.'),
  'engine-version': text(
    'engine-version',
    'A major version (AWS takes a current one of it) or a full one.',
  ),
  iops: Flags.integer({
    helpGroup: 'INSTANCE',
    helpValue: 'COUNT',
    summary: 'Operations per second, for storage of io1 or io2.',
  }),
  'manage-master-user-password': Flags.boolean({
    default: instanceDefaults['manage-master-user-password'],
    helpGroup: 'INSTANCE',
    summary: 'Have AWS make the password up and keep it in Secrets Manager.',
  }),
  // Taken only to be refused: as an unknown flag it would be repeated in an error, its value with it.
  'master-user-password': Flags.string({hidden: true}),
  'master-username': text('master-username', 'The user who may do everything.'),
  'multi-az': yesNo('multi-az', 'Keep a standby in another zone.'),
  'performance-insights-retention-period': number(
    'performance-insights-retention-period',
    'DAYS',
    'Days those figures are kept.',
  ),
  port: number('port', 'PORT', 'The port it listens on.'),
  'publicly-accessible': yesNo('publicly-accessible', 'Give it an address on the internet.'),
  'storage-encrypted': yesNo('storage-encrypted', 'Encrypt its storage.'),
  'storage-type': text('storage-type', 'gp2, gp3, io1 or io2.'),
  'vpc-security-group-ids': Flags.string({
    delimiter: ',',
    helpGroup: 'INSTANCE',
    helpValue: 'ID',
    multiple: true,
    multipleNonGreedy: true,
    summary: "Its security groups, separated by commas; the VPC's default one unless told.",
  }),
}
