/** The fields of the SDK's exceptions that matter here; all of them may be missing. */
export interface SdkError extends Error {
  /** Of Node, for the network. */
  code?: string
  /** The code on the wire; `name` is the SDK's class instead where it has one. */
  Code?: string
  $metadata?: {httpStatusCode?: number; requestId?: string}
}

/** The SDK's exception in what was thrown; of a host with several addresses that of the first. */
export function sdkError(error: unknown): SdkError {
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
export function isForeign({$metadata, Code, name}: SdkError): boolean {
  return $metadata !== undefined && Code === undefined && /^(?:Error|Unknown)$/.test(name)
}

export const NOT_AWS = 'what answers there is not AWS'

/** The SDK calls a connection that was reset a `TimeoutError` too; only its code tells it from one. */
export function whyUnreachable(cause: SdkError): string {
  const {code, message, name} = cause
  if (code === 'EPROTO') return 'what answers there speaks no TLS'
  if (code !== undefined && NETWORK.test(code)) return message.includes(code) ? message : code
  return name === 'TimeoutError' ? 'no answer in time' : NOT_AWS
}
