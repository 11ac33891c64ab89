import {Refusal} from './refusal.js'
import type {Service} from './xml.js'

/** What a test has an action answer instead of its result. */
export interface Failure {
  /** AWS's wire code; `InternalFailure` (RDS) or `InternalError` (EC2) unless told. */
  code?: string
  /** AWS's own words for the code where they are known, unless told. */
  message?: string
  /** HTTP status; the one AWS sends with the code unless told. */
  status?: number
  /** How many requests fail so; for ever unless told. */
  times?: number
  /**
   * `reset` ends the connection, `silence` never answers, `stall` begins to and does not end (Cognito's alone), `garbage` is a page of a Wi-Fi's log-in with
   * status 200. `error` unless told.
   */
  how?: 'error' | 'reset' | 'silence' | 'stall' | 'garbage'
}

/** Codes that come with another status than 400 (the services' models; EC2's list of error codes). */
const STATUS: Record<string, number> = {
  AccessDenied: 403,
  AuthFailure: 401,
  AuthorizationNotFound: 404,
  CertificateNotFound: 404,
  DBInstanceNotFound: 404,
  DBParameterGroupNotFound: 404,
  DBSecurityGroupNotFound: 404,
  DBSubnetGroupNotFoundFault: 404,
  DryRunOperation: 412,
  ExpiredToken: 403,
  InternalError: 500,
  InternalFailure: 500,
  InvalidClientTokenId: 403,
  OptInRequired: 403,
  RequestLimitExceeded: 503,
  ServiceUnavailable: 503,
  SignatureDoesNotMatch: 403,
  Unavailable: 503,
  UnauthorizedOperation: 403,
}

const USER = 'arn:aws:iam::123456789012:user/cruddur'

function usualMessage(code: string, service: Service, action: string): string {
  const denied = `User: ${USER} is not authorized to perform: ${service}:${action}`
  const reason = `because no identity-based policy allows the ${service}:${action} action`
  const texts: Record<string, string> = {
    AccessDenied: `${denied} ${reason}`,
    UnauthorizedOperation: `You are not authorized to perform this operation. ${denied} ${reason}. Encoded authorization failure message: kQ7fV3xkZs0yB1mM4wq2`,
    ExpiredToken: 'The security token included in the request is expired',
    InvalidClientTokenId: 'The security token included in the request is invalid.',
    AuthFailure: 'AWS was not able to validate the provided access credentials',
    Throttling: 'Rate exceeded',
    RequestLimitExceeded: 'Request limit exceeded.',
    InternalError: 'An internal error has occurred',
    InstanceQuotaExceeded: 'DB Instance quota exceeded',
    StorageQuotaExceeded: 'Storage quota exceeded',
    InsufficientDBInstanceCapacity:
      'Cannot create a db.t3.micro database instance because there are no availability zones with sufficient capacity for: VPC.',
    InvalidSubnet:
      'No default subnet detected in VPC. Please contact AWS Support to recreate default Subnets.',
    DBSubnetGroupDoesNotCoverEnoughAZs:
      "DB Subnet Group doesn't meet availability zone coverage requirement. Please add subnets to cover at least 2 availability zones. Current coverage: 1",
    RulesPerSecurityGroupLimitExceeded:
      'The maximum number of rules per security group has been reached.',
  }
  return texts[code] ?? `${code} (a failure of the test)`
}

/** The error that stands for `failure`. */
export function refusalOf(failure: Failure, service: Service, action: string): Refusal {
  const code = failure.code ?? (service === 'rds' ? 'InternalFailure' : 'InternalError')
  const message = failure.message ?? usualMessage(code, service, action)
  return new Refusal(code, message, failure.status ?? STATUS[code] ?? 400)
}

export interface Failures {
  add: (action: string, failure: Failure) => void
  /** The failure that the next request of this action meets, which is counted. */
  next: (action: string) => Failure | undefined
}

/** The failures of each action, met one after another; `times: 0` forgets those still to come. */
export function createFailures(): Failures {
  const waiting = new Map<string, {failure: Failure; left: number}[]>()
  return {
    add: (action, failure) => {
      const {times = Number.POSITIVE_INFINITY} = failure
      const before = waiting.get(action) ?? []
      waiting.set(action, times === 0 ? [] : [...before, {failure, left: times}])
    },
    next: (action) => {
      const entry = waiting.get(action)?.find(({left}) => left > 0)
      if (entry) entry.left -= 1
      return entry?.failure
    },
  }
}
