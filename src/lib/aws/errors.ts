import {CruddurError, type ExitCode} from '../error.js'
import {
  awsCode,
  classifyAws,
  isForeign,
  NOT_AWS,
  type SdkError,
  sdkError,
  whyUnreachable,
} from './failure.js'
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

interface Told extends Refusal {
  exit: ExitCode
}

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

const NO_CREDENTIALS = /^(?:CredentialsProviderError|TokenProviderError|CredentialsError)$/
const NAME_REGION = 'set AWS_REGION, as in AWS_REGION=ca-central-1'

function noRegion(message: string): Told {
  return {exit: 2, code: 'AWS_REGION', message, hint: NAME_REGION}
}

function noCredentials(message: string, hint: string): Told {
  return {exit: 3, code: 'AWS_CREDENTIALS', message, hint}
}

/** What keeps the SDK from sending anything. */
function notSent({code, message, name}: SdkError, {region}: Call): Told | undefined {
  if (NO_CREDENTIALS.test(name))
    return noCredentials(
      'no AWS credentials can be had',
      'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or set AWS_PROFILE and log in: aws sso login',
    )
  if (code === 'ERR_INVALID_CHAR')
    return noCredentials(
      'the AWS credentials hold a character that cannot be sent',
      'look for a line end in AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN',
    )
  if (message === 'Region is missing') return noRegion('no AWS region is named')
  if (!message.startsWith('Region not accepted')) return undefined
  return noRegion(
    region === undefined
      ? 'the region of your AWS profile is no name of one'
      : `"${region}" is no name of an AWS region`,
  )
}

function told(cause: SdkError, call: Call): Told {
  const before = notSent(cause, call)
  if (before) return before
  const code = awsCode(cause)
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

/** What passes by itself: lost connections, and AWS asking to come again. */
const PASSING = new Set(['AWS_UNREACHABLE', 'AWS_THROTTLED', 'AWS_FAILED'])

/** Whether the same call may do better in a moment. */
export function isPassing({code}: CruddurError): boolean {
  return PASSING.has(code)
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
