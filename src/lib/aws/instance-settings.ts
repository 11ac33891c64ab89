import {isReserved} from './reserved-words.js'

/** What an instance is created with, named as the flags of `aws rds create-db-instance` are. */
export interface InstanceSettings {
  'db-instance-identifier': string
  'db-instance-class': string
  engine: string
  'engine-version': string
  'master-username': string
  /** GiB */
  'allocated-storage': number
  /** Undefined: AWS takes one of the region's. */
  'availability-zone'?: string | undefined
  /** Days; 0: no backups. */
  'backup-retention-period': number
  port: number
  'multi-az': boolean
  'db-name': string
  'storage-type': string
  /** Operations per second; for io1 and io2, which are sized by it. */
  iops?: number | undefined
  'publicly-accessible': boolean
  'storage-encrypted': boolean
  'enable-performance-insights': boolean
  /** Days. */
  'performance-insights-retention-period': number
  'deletion-protection': boolean
  'manage-master-user-password': boolean
  'enable-iam-database-authentication': boolean
  'vpc-security-group-ids'?: string[] | undefined
  'db-subnet-group-name'?: string | undefined
}

/**
 * The defaults of Cruddur's documents, but for the version: minor versions are withdrawn after 12 to 18 months (14.6 of
 * the documents can no longer be created), a major one stands for the region's default of it.
 */
export const instanceDefaults = {
  'db-instance-identifier': 'cruddur-db-instance',
  'db-instance-class': 'db.t3.micro',
  engine: 'postgres',
  'engine-version': '17',
  'master-username': 'cruddurroot',
  'allocated-storage': 20,
  'backup-retention-period': 0,
  port: 5432,
  'multi-az': false,
  'db-name': 'cruddur',
  'storage-type': 'gp2',
  'publicly-accessible': true,
  'storage-encrypted': true,
  'enable-performance-insights': true,
  'performance-insights-retention-period': 7,
  'deletion-protection': false,
  'manage-master-user-password': false,
  'enable-iam-database-authentication': false,
} as const satisfies InstanceSettings

/** GiB per storage type (RDS user guide, "Amazon RDS DB instance storage", PostgreSQL); RDS makes no magnetic storage any more. */
const STORAGE: Readonly<Record<string, readonly [number, number]>> = {
  gp2: [20, 65_536],
  gp3: [20, 65_536],
  io1: [100, 65_536],
  io2: [100, 65_536],
}

const RESERVED_USERS =
  /^(?:admin|rdsadmin|rds_?repladmin|rds_superuser|rds_replication|rds_iam|pg_.*)$/i

function identifierProblem(name: string): string | undefined {
  if (name.length < 1 || name.length > 63) return 'takes 1 to 63 characters'
  if (!/^[a-z][a-z0-9-]*$/i.test(name)) return 'takes letters, digits and hyphens, a letter first'
  return /--|-$/.test(name) ? 'takes no hyphen at its end, and no two in a row' : undefined
}

function nameProblem(name: string, longest: number): string | undefined {
  if (name.length < 1 || name.length > longest) return `takes 1 to ${longest} characters`
  if (!/^[a-z]\w*$/i.test(name)) return 'takes letters, digits and underscores, a letter first'
  return isReserved(name) ? `cannot be ${name}: PostgreSQL reserves that word` : undefined
}

function userProblem(name: string): string | undefined {
  if (RESERVED_USERS.test(name)) return `cannot be ${name}: RDS keeps that name to itself`
  return nameProblem(name, 63)
}

function storageProblems(settings: InstanceSettings): string[] {
  const type = settings['storage-type']
  const range = Object.hasOwn(STORAGE, type) ? STORAGE[type] : undefined
  if (!range) return [`--storage-type takes one of ${Object.keys(STORAGE).join(', ')}`]
  const [least, most] = range
  const size = settings['allocated-storage']
  const iops = settings.iops !== undefined
  const problems: string[] = []
  if (size < least || size > most)
    problems.push(`--allocated-storage takes ${least} to ${most} GiB for ${type}`)
  if (/^io\d$/.test(type) && !iops) problems.push(`--iops is needed for ${type}`)
  if (type === 'gp2' && iops) problems.push('--iops does not go with gp2: leave it out')
  return problems
}

function zoneProblem(settings: InstanceSettings, region: string | undefined): string | undefined {
  const zone = settings['availability-zone']
  if (zone === undefined) return undefined
  if (settings['multi-az']) return 'does not go with --multi-az: leave one of them out'
  if (region === undefined || new RegExp(`^${region}(?:-[a-z0-9-]+)?[a-z]$`).test(zone))
    return undefined
  return `is ${zone}, which is not a zone of the region ${region}`
}

/** Since July 2026 RDS keeps Performance Insights for more than 7 days only with the advanced mode of Database Insights. */
const INSIGHTS_DAYS = 7

function insightsProblem(settings: InstanceSettings): string | undefined {
  const days = settings['performance-insights-retention-period']
  if (!settings['enable-performance-insights'] || days === INSIGHTS_DAYS) return undefined
  return `takes ${INSIGHTS_DAYS} days: for more, turn on Database Insights in the console afterwards`
}

function between(value: number, least: number, most: number, unit = ''): string | undefined {
  return value >= least && value <= most ? undefined : `takes ${least} to ${most}${unit}`
}

function classProblem(name: string): string | undefined {
  return /^db(?:\.[a-z0-9-]+){2}$/.test(name)
    ? undefined
    : 'takes a class of RDS, such as db.t3.micro'
}

function versionProblem(version: string): string | undefined {
  return /^\d+(?:\.\d+)?(?:-[\w.]+)?$/.test(version)
    ? undefined
    : 'takes a version, such as 17 or 17.9'
}

function groupsProblem(groups: readonly string[]): string | undefined {
  const wrong = groups.find((group) => !/^sg-[0-9a-z]+$/.test(group))
  return wrong === undefined ? undefined : `takes ids such as sg-0123456789abcdef0, not ${wrong}`
}

/**
 * All that is known beforehand to be refused by AWS, each as a whole line beginning with its flag. The limits are those
 * of RDS's service model 2014-10-31; reserved user names: aws/aws-cdk#5076, cfn-lint#4425; 63 characters
 * of a user name: floci-io/floci#3730.
 *
 * @param region undefined when it is not known yet: then the zone is not compared with it
 */
export function settingsProblems(settings: InstanceSettings, region?: string): string[] {
  const checks: [keyof InstanceSettings, string | undefined][] = [
    ['db-instance-identifier', identifierProblem(settings['db-instance-identifier'])],
    ['db-instance-class', classProblem(settings['db-instance-class'])],
    ['engine', settings.engine === 'postgres' ? undefined : 'takes postgres and nothing else'],
    ['engine-version', versionProblem(settings['engine-version'])],
    ['master-username', userProblem(settings['master-username'])],
    ['availability-zone', zoneProblem(settings, region)],
    ['backup-retention-period', between(settings['backup-retention-period'], 0, 35, ' days')],
    ['port', between(settings.port, 1150, 65_535)],
    ['db-name', nameProblem(settings['db-name'], 63)],
    ['performance-insights-retention-period', insightsProblem(settings)],
    [
      'db-subnet-group-name',
      settings['db-subnet-group-name'] === '' ? 'takes the name of a subnet group' : undefined,
    ],
    ['vpc-security-group-ids', groupsProblem(settings['vpc-security-group-ids'] ?? [])],
  ]
  return [
    ...checks.flatMap(([flag, problem]) => (problem ? [`--${flag} ${problem}`] : [])),
    ...storageProblems(settings),
  ]
}

/** What is wrong with a master password, as the end of "the password …"; never the password itself. */
export function passwordProblem(password: string): string | undefined {
  if (!/^[\x21-\x7e]*$/.test(password))
    return 'holds a blank, or a character that is no printable ASCII: RDS takes none of these'
  if (/[/"@]/.test(password)) return 'holds one of / " @, which RDS does not take'
  const {length} = password
  return length >= 8 && length <= 128
    ? undefined
    : `has ${length} characters: RDS takes 8 to 128 of them`
}
