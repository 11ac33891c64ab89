import {CruddurError, type ExitCode} from '../error.js'
import type {Policy} from './policy.js'
import {type Refusal, refusals} from './refusals.js'

/** What an error of a call is told with. */
export interface Call {
  /** As IAM writes it: `rds:CreateDBInstance`. */
  action: string
  region: string | undefined
  /** What the caller must be allowed for the whole command. */
  policy: Policy
}

/** The fields of the SDK's exceptions that matter here; all of them may be missing. */
interface SdkError extends Error {
  /** Of Node, for the network. */
  code?: string
  /** The code on the wire; `name` is the SDK's class instead where it has one. */
  Code?: string
  $metadata?: {httpStatusCode?: number; requestId?: string}
}

function sdkError(error: unknown): SdkError {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0]
  return error instanceof Error ? error : new Error(String(error))
}

/**
 * The code AWS sent, `DBInstanceNotFound`: without the `Fault` or `Exception` that some codes end in on the wire and
 * others only in the SDK's class names.
 */
export function awsCode(error: unknown): string {
  const {Code, name} = sdkError(error)
  return (Code ?? name).replace(/(?:Fault|Exception)$/, '')
}

const NO_CREDENTIALS = /^(?:CredentialsProviderError|TokenProviderError|CredentialsError)$/
const NETWORK =
  /^(?:ECONN|ENOTFOUND|EAI_|EHOST|ENET|EPIPE|EPROTO|ETIMEDOUT|CERT_|ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HPE_)/
const THROTTLED =
  /^(?:Throttl(?:ing|ed)|RequestLimitExceeded|RequestThrottled|TooManyRequests|BandwidthLimitExceeded|SlowDown|PriorRequestNotComplete)/

/**
 * What a failure says about the next attempt. `unreachable`: no answer, or none of AWS's. `throttled` and `broken` (a
 * 5xx): AWS asks to come again. `final`: the same again gives the same.
 */
export function classifyAws(error: unknown): 'unreachable' | 'throttled' | 'broken' | 'final' {
  const cause = sdkError(error)
  const status = cause.$metadata?.httpStatusCode ?? 0
  if (THROTTLED.test(awsCode(cause)) || status === 429) return 'throttled'
  if (NETWORK.test(cause.code ?? '') || cause.name === 'TimeoutError') return 'unreachable'
  if (status >= 500) return 'broken'
  return isForeign(cause) ? 'unreachable' : 'final'
}

/** An answer that is none of AWS's, such as a proxy's page, has no code: `Unknown`, or an `Error` of the SDK's reader. */
function isForeign({$metadata, Code, name}: SdkError): boolean {
  return $metadata !== undefined && Code === undefined && /^(?:Error|Unknown)$/.test(name)
}

interface Told extends Refusal {
  exit: ExitCode
}

/** The SDK calls a connection that was reset a `TimeoutError` too; only its code tells it from one. */
function whyUnreachable(cause: SdkError): string {
  const {code, message, name} = cause
  if (code === 'EPROTO') return 'what answers there speaks no TLS'
  if (code !== undefined && NETWORK.test(code)) return message.includes(code) ? message : code
  return name === 'TimeoutError' ? 'no answer in time' : NOT_AWS
}

const NOT_AWS = 'what answers there is not AWS'

function unreachableFor(why: string, {action, region}: Call): Told {
  const service = action.split(':')[0]?.toUpperCase()
  const where = region === undefined ? '' : ` in ${region}`
  return {
    exit: 3,
    code: 'AWS_UNREACHABLE',
    message: `cannot reach ${service}${where}: ${why.split('\n')[0]}`,
    hint: 'check that this machine is online and that the region is spelt right',
  }
}

/** For an answer that the SDK takes for one of AWS's, though it holds nothing that AWS would say. */
export function foreignAnswer(call: Call): CruddurError {
  const {code, message, ...rest} = unreachableFor(NOT_AWS, call)
  return new CruddurError(code, message, rest)
}

function denied({action}: Call): Told {
  return {
    exit: 1,
    code: 'AWS_DENIED',
    message: `these AWS credentials may not do ${action}`,
    hint: 'have this policy attached to the user or role',
  }
}

const DENIED = /^(?:AccessDenied|UnauthorizedOperation)$/

function told(cause: SdkError, call: Call): Told {
  const code = awsCode(cause)
  if (NO_CREDENTIALS.test(cause.name)) {
    return {
      exit: 3,
      code: 'AWS_CREDENTIALS',
      message: 'no AWS credentials can be had',
      hint: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or set AWS_PROFILE and log in: aws sso login',
    }
  }
  if (cause.message === 'Region is missing') {
    return {
      exit: 2,
      code: 'AWS_REGION',
      message: 'no AWS region is named',
      hint: 'set AWS_REGION, as in AWS_REGION=ca-central-1',
    }
  }
  if (cause.message.startsWith('Region not accepted')) {
    return {
      exit: 2,
      code: 'AWS_REGION',
      message:
        call.region === undefined
          ? 'the region of your AWS profile is no name of one'
          : `"${call.region}" is no name of an AWS region`,
      hint: 'set AWS_REGION, as in AWS_REGION=ca-central-1',
    }
  }
  if (cause.code === 'ERR_INVALID_CHAR') {
    return {
      exit: 3,
      code: 'AWS_CREDENTIALS',
      message: 'the AWS credentials hold a character that cannot be sent',
      hint: 'look for a line end in AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN',
    }
  }
  if (DENIED.test(code)) return denied(call)
  const refusal = Object.hasOwn(refusals, code) ? refusals[code] : undefined
  if (refusal) return {exit: refusal.code === 'AWS_CREDENTIALS' ? 3 : 1, ...refusal}
  switch (classifyAws(cause)) {
    case 'unreachable':
      return unreachableFor(whyUnreachable(cause), call)
    case 'throttled':
      return {
        exit: 1,
        code: 'AWS_THROTTLED',
        message: 'AWS takes no more requests from this account at the moment',
        hint: 'try again in a minute',
      }
    case 'broken':
      return {
        exit: 1,
        code: 'AWS_FAILED',
        message: `AWS failed at ${call.action}`,
        hint: 'try again in a minute; https://health.aws.amazon.com tells of disturbances',
      }
    default:
      return {
        exit: 1,
        code: 'AWS_REFUSED',
        message: `AWS refuses ${call.action}`,
        hint: 'correct what it names, then run the command again',
      }
  }
}

/**
 * AWS's own words: UnauthorizedOperation ends in a kilobyte of encoded text, SignatureDoesNotMatch in the request as it
 * was signed, and IncompleteSignature repeats the Authorization header.
 */
function ownWords({message}: SdkError): string {
  const [line = ''] = message
    .replace(/\s*Encoded authorization failure message:.*/s, '')
    .split('\n')
  return line.replaceAll(/(Signature=)[^\s,'"]+/g, '$1***')
}

/** Of these the cause stands in the message. */
const OWN_WORDS_SUFFICE = new Set(['AWS_UNREACHABLE', 'AWS_REGION'])

/**
 * Turns what a call to AWS threw into an error of ours. AWS's code and words are kept, as `awsCode`, `requestId` and
 * `detail`; where rights are missing, the least policy that gives them is shown.
 */
export function awsError(error: unknown, call: Call): CruddurError {
  if (error instanceof CruddurError) return error
  const cause = sdkError(error)
  const {code, exit, hint, message} = told(cause, call)
  const detail = ownWords(cause)
  const requestId = cause.$metadata?.requestId
  const isDenied = code === 'AWS_DENIED'
  return new CruddurError(code, message, {
    exit,
    hint,
    ...(detail && !isForeign(cause) && !OWN_WORDS_SUFFICE.has(code) ? {detail} : {}),
    ...(isDenied ? {excerpt: JSON.stringify(call.policy, null, 2)} : {}),
    data: {
      ...(cause.Code ? {awsCode: cause.Code} : {}),
      ...(requestId ? {requestId} : {}),
      ...(isDenied ? {policy: call.policy} : {}),
    },
    cause,
  })
}
