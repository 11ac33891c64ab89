import type {ErrorCode} from '../error-codes.js'

/** How an error of AWS is told. */
export interface Refusal {
  code: ErrorCode
  message: string
  hint: string
}

const LOGIN =
  'check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or log in again'
const ORDERABLE =
  'take another one: aws rds describe-orderable-db-instance-options --engine postgres'

function login(message: string, hint = LOGIN): Refusal {
  return {code: 'AWS_CREDENTIALS', message, hint}
}

function quota(message: string): Refusal {
  return {
    code: 'AWS_QUOTA',
    message,
    hint: 'delete what is not needed, or ask for more in the Service Quotas console',
  }
}

function refused(message: string, hint: string): Refusal {
  return {code: 'AWS_REFUSED', message, hint}
}

function notFound(message: string, hint: string): Refusal {
  return {code: 'AWS_NOT_FOUND', message, hint}
}

/**
 * By the code on the wire, without the `Fault` or `Exception` at its end. Sources: the service models of RDS 2014-10-31, EC2
 * 2016-11-15 and Cognito 2016-04-18, and EC2's list of error codes (docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html).
 * What is not here is told by AWS's own words.
 */
export const refusals: Readonly<Record<string, Refusal>> = {
  InvalidClientTokenId: login('AWS does not know this access key'),
  AuthFailure: login('AWS does not accept these credentials'),
  UnrecognizedClient: login('AWS does not know this access key'),
  InvalidSignature: login(
    "the secret key does not belong to the access key, or this machine's clock is wrong",
  ),
  SignatureDoesNotMatch: login('the secret key does not belong to the access key'),
  IncompleteSignature: login('AWS cannot read the signature of the request'),
  ExpiredToken: login('the AWS session has expired', 'log in again: aws sso login'),
  RequestExpired: login(
    'AWS finds the request too old, or the session has expired',
    "check this machine's clock, then log in again: aws sso login",
  ),
  OptInRequired: login(
    'this account does not use the region',
    'enable the region, or name another',
  ),

  DBInstanceAlreadyExists: {
    code: 'INSTANCE_EXISTS',
    message: 'there is an instance of that name already',
    hint: 'name another --db-instance-identifier',
  },
  InstanceQuotaExceeded: quota('this account has as many DB instances as it may'),
  StorageQuotaExceeded: quota('this account has as much database storage as it may'),
  TenantDatabaseQuotaExceeded: quota('this account has as many tenant databases as it may'),
  RulesPerSecurityGroupLimitExceeded: quota('the security group has as many rules as it may'),

  InsufficientDBInstanceCapacity: refused(
    'AWS has no machine of that class free in that zone',
    'name another --availability-zone, or another --db-instance-class',
  ),
  DBSubnetGroupDoesNotCoverEnoughAZs: refused(
    'the subnet group covers fewer than two availability zones',
    'add a subnet in another zone to it, or name another with --db-subnet-group-name',
  ),
  DBSubnetGroupNotFound: notFound(
    'there is no such subnet group in this region',
    'list them: aws rds describe-db-subnet-groups',
  ),
  InvalidSubnet: refused(
    'there are no subnets for the instance',
    'create a default VPC (aws ec2 create-default-vpc), or name a --db-subnet-group-name',
  ),
  InvalidVPCNetworkState: refused(
    'the network does not fit: a zone that the region or the subnet group does not have',
    'leave --availability-zone out, or name one of the region',
  ),
  StorageTypeNotSupported: refused('the class does not take that storage type', ORDERABLE),
  ProvisionedIopsNotAvailableInAZ: refused(
    'that zone has no storage with provisioned IOPS',
    'name another --availability-zone, or --storage-type gp3',
  ),
  KMSKeyNotAccessible: refused(
    'the key that encrypts the storage cannot be used',
    'check that the key is enabled and that these credentials may use it',
  ),
  DBParameterGroupNotFound: notFound(
    'there is no such parameter group',
    'list them: aws rds describe-db-parameter-groups',
  ),
  DBSecurityGroupNotFound: notFound(
    'there is no such security group',
    'list them: aws ec2 describe-security-groups',
  ),
  CertificateNotFound: notFound(
    'there is no such certificate authority',
    'list them: aws rds describe-certificates',
  ),
  AuthorizationNotFound: notFound(
    'there is no such authorisation in the security group',
    'list the groups: aws ec2 describe-security-groups',
  ),
  NetworkTypeNotSupported: refused(
    'the subnet group does not have that kind of network',
    'name another --db-subnet-group-name',
  ),
  VpcEncryptionControlViolation: refused(
    'the VPC demands encryption that this instance would not have',
    'choose another --db-instance-class, or leave --no-storage-encrypted out',
  ),

  ResourceNotFound: notFound(
    'there is no such user pool in this account',
    'correct AWS_COGNITO_USER_POOL_ID or --user-pool-id, or log in to the account that has the pool',
  ),

  'InvalidSecurityGroupRuleId.NotFound': notFound(
    'there is no such security group rule in this region',
    'correct DB_SG_RULE_ID, or AWS_REGION when the rule is in another region',
  ),
  'InvalidSecurityGroupRuleId.Malformed': refused(
    'the rule id is not one of AWS: it begins with sgr-',
    'correct DB_SG_RULE_ID',
  ),
  'InvalidGroup.NotFound': notFound(
    'there is no such security group in this region',
    'correct DB_SG_ID, or AWS_REGION when the group is in another region',
  ),
  'InvalidGroupId.Malformed': refused(
    'the group id is not one of AWS: it begins with sg-',
    'correct DB_SG_ID',
  ),
}
