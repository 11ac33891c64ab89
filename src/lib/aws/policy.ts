/** An IAM policy as AWS takes it. */
export interface Policy {
  Version: '2012-10-17'
  Statement: {Effect: 'Allow'; Action: string[]; Resource: string | string[]}[]
}

export interface RuleIds {
  region?: string | undefined
  /** The account that owns the group, 12 digits; unknown until the rule was read. */
  account?: string | undefined
  groupId: string
  ruleId: string
}

/** Partitions that are not `aws`, by the beginning of their regions (the SDK's partitions.json). */
const PARTITIONS: readonly (readonly [string, string])[] = [
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
  ['us-iso-', 'aws-iso'],
  ['us-isob-', 'aws-iso-b'],
  ['eu-isoe-', 'aws-iso-e'],
  ['us-isof-', 'aws-iso-f'],
  ['eusc-', 'aws-eusc'],
]

function partitionOf(region: string): string {
  return PARTITIONS.find(([beginning]) => region.startsWith(beginning))?.[1] ?? 'aws'
}

/**
 * The least that rds-update-sg-rule needs: Describe actions take no resource, and a change is allowed on the
 * group and on the rule (EC2 user guide, example policies for security groups).
 */
export function rulePolicy({region = '*', account = '*', groupId, ruleId}: RuleIds): Policy {
  const arn = (resource: string) =>
    `arn:${partitionOf(region)}:ec2:${region}:${account}:${resource}`
  return {
    Version: '2012-10-17',
    Statement: [
      {Effect: 'Allow', Action: ['ec2:DescribeSecurityGroupRules'], Resource: '*'},
      {
        Effect: 'Allow',
        Action: ['ec2:ModifySecurityGroupRules'],
        Resource: [arn(`security-group/${groupId}`), arn(`security-group-rule/${ruleId}`)],
      },
    ],
  }
}

/** What rds-create needs, and more where the password is AWS's to keep (RDS user guide, Secrets Manager integration). */
export function instancePolicy(managedPassword: boolean): Policy {
  const secret = managedPassword
    ? ['kms:DescribeKey', 'secretsmanager:CreateSecret', 'secretsmanager:TagResource']
    : []
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: [
          'rds:CreateDBInstance',
          'rds:DescribeDBEngineVersions',
          'rds:DescribeDBInstances',
          ...secret,
        ],
        Resource: '*',
      },
    ],
  }
}

/** What logging in with AWS credentials needs; the instance's resource id (`db-…`) is not known from its host name. */
export function loginPolicy(region: string, user: string): Policy {
  const resource = `arn:${partitionOf(region)}:rds-db:${region}:*:dbuser:*/${user}`
  return {
    Version: '2012-10-17',
    Statement: [{Effect: 'Allow', Action: ['rds-db:connect'], Resource: resource}],
  }
}

/** What reading a user pool needs; the account that it belongs to is not known from its id. */
export function poolPolicy({id, region}: {id: string; region: string}): Policy {
  const resource = `arn:${partitionOf(region)}:cognito-idp:${region}:*:userpool/${id}`
  return {
    Version: '2012-10-17',
    Statement: [{Effect: 'Allow', Action: ['cognito-idp:ListUsers'], Resource: resource}],
  }
}
