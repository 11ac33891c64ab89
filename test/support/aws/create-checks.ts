import {boolean, integer, type Parameters} from './parameters.js'
import {PERFORMANCE_INSIGHTS, RESERVED, ZONES} from './rds-limits.js'
import {refuse, refuseCombination, refuseValue} from './refusal.js'
import {checkSize, checkSpeed, checkStorageType} from './storage-checks.js'

type Check = (params: Parameters, region: string) => void

// The texts are AWS's own: from issues that quote them, and from badmintoncryer/cdk-preflight, whose rules were
// deployed to the live service in September 2026. Where none is known the text begins with "fake:".

function identifier(params: Parameters): void {
  const name = params['DBInstanceIdentifier']
  if (name === undefined) {
    refuse('MissingParameter', 'The request must contain the parameter DBInstanceIdentifier.')
  }
  if (name === '')
    refuseValue('The parameter DBInstanceIdentifier must be provided and must not be blank.')
  if (!/^[a-z](?:-?[a-z0-9])*$/i.test(name)) {
    refuseValue(
      'The parameter DBInstanceIdentifier is not a valid identifier. Identifiers must begin with a letter; ' +
        'must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two ' +
        'consecutive hyphens.',
    )
  }
  if (name.length > 63) {
    refuseValue(
      'The parameter DBInstanceIdentifier is not a valid identifier because it is longer than 63 characters.',
    )
  }
}

function engineAndClass(params: Parameters): void {
  const {Engine, DBInstanceClass} = params
  if (!Engine) refuse('MissingParameter', 'The request must contain the parameter Engine.')
  if (!DBInstanceClass)
    refuse('MissingParameter', 'The request must contain the parameter DBInstanceClass.')
  if (Engine !== 'postgres') refuseValue('Invalid DB engine')
  if (!/^db\.[a-z]\w*\.\w+$/.test(DBInstanceClass)) {
    refuseValue(`Invalid DB Instance class: ${DBInstanceClass}`)
  }
}

/** PostgreSQL's limit is 63 (floci-io/floci#3730, tried on a live account), though the documents say 16. */
function user(params: Parameters): void {
  const name = params['MasterUsername']
  if (!name) refuseValue('The parameter MasterUsername must be provided and must not be blank.')
  if (!/^[a-z]\w{0,62}$/i.test(name)) refuseValue('Invalid master user name')
  if (/^pg_/i.test(name)) {
    refuseValue(
      `MasterUsername ${name} cannot be used because role names starting with "pg_" are reserved by the ` +
        'PostgreSQL engine',
    )
  }
  if (RESERVED.has(name.toLowerCase())) {
    refuseValue(`MasterUsername ${name} cannot be used as it is a reserved word used by the engine`)
  }
}

function password(params: Parameters): void {
  const text = params['MasterUserPassword']
  const managed = boolean(params, 'ManageMasterUserPassword')
  if (managed && text !== undefined) {
    refuseValue(
      'MasterUserPassword and ManageMasterUserPassword are mutually exclusive. Specify only one of these parameters.',
    )
  }
  if (params['MasterUserSecretKmsKeyId'] && !managed) {
    refuseCombination(
      'A ManageMasterUserPassword value is required when MasterUserSecretKmsKeyId is specified.',
    )
  }
  if (managed || params['MasterUserAuthenticationType'] === 'iam-db-auth') return
  if (!text) refuseValue('The parameter MasterUserPassword must be provided and must not be blank.')
  const invalid = 'The parameter MasterUserPassword is not a valid password'
  if (!/^[!#-.0-?A-~]*$/.test(text)) {
    refuseValue(
      `${invalid}. Only printable ASCII characters besides '/', '@', '"', ' ' may be used.`,
    )
  }
  if (text.length < 8) refuseValue(`${invalid} because it is shorter than 8 characters.`)
  if (text.length > 128) refuseValue(`${invalid} because it is longer than 128 characters.`)
}

function database(params: Parameters): void {
  const name = params['DBName']
  if (name === undefined) return
  if (!/^[a-z]\w{0,62}$/i.test(name)) {
    refuseValue('DBName must begin with a letter and contain only alphanumeric characters.')
  }
  if (RESERVED.has(name.toLowerCase())) {
    refuseValue(`DBName ${name} cannot be used. It is a reserved word for this engine`)
  }
}

function backupsAndPort(params: Parameters): void {
  const days = integer(params, 'BackupRetentionPeriod') ?? 1
  if (days < 0 || days > 35) {
    refuseValue(
      `Invalid backup retention period: ${days}. Retention period must be between 0 and 35.`,
    )
  }
  const port = integer(params, 'Port') ?? 5432
  if (port < 1150 || port > 65535) {
    refuseValue(`Invalid endpoint port ${port}. Valid range is: 1150-65535`)
  }
}

function insights(params: Parameters): void {
  const days = integer(params, 'PerformanceInsightsRetentionPeriod')
  const mode = params['DatabaseInsightsMode'] ?? 'standard'
  const on = boolean(params, 'EnablePerformanceInsights') ?? false
  if (!['standard', 'advanced'].includes(mode))
    refuseValue(`fake: no DatabaseInsightsMode: ${mode}`)
  if (days !== undefined && !on) {
    refuseCombination(
      "To enable Performance Insights, EnablePerformanceInsights must be set to 'true'",
    )
  }
  if (days !== undefined && !PERFORMANCE_INSIGHTS.includes(days)) {
    refuseValue(
      `Invalid Performance Insights retention period. Valid values are: [${PERFORMANCE_INSIGHTS.join(', ')}]`,
    )
  }
  if (mode === 'advanced' && (!on || (days ?? 7) < 31)) {
    refuseCombination(
      "You can't enable the Advanced mode of Database Insights until you enable Performance Insights and set " +
        'the retention period for Performance Insights to at least 31 days.',
    )
  }
  if (mode === 'standard' && (days ?? 7) > 7) {
    refuseCombination(
      'fake: a retention of more than 7 days needs the Advanced mode of Database Insights',
    )
  }
}

function zone(params: Parameters, region: string): void {
  const name = params['AvailabilityZone']
  if (name === undefined) return
  if (boolean(params, 'MultiAZ')) {
    refuseCombination(
      'Requesting a specific availability zone is not valid for Multi-AZ instances.',
    )
  }
  const letters = ZONES[region] ?? 'abc'
  if (![...letters].some((letter) => name === region + letter)) {
    refuse(
      'InvalidVPCNetworkStateFault',
      `Availability zone '[${name}]' is unavailable in this region, please choose another zone set.`,
    )
  }
}

/**
 * What CreateDBInstance refuses of the request alone, one thing at a time as AWS does; its order is unknown.
 */
export const CREATE_CHECKS: readonly Check[] = [
  identifier,
  engineAndClass,
  user,
  password,
  database,
  checkStorageType,
  checkSize,
  checkSpeed,
  backupsAndPort,
  insights,
  zone,
]
