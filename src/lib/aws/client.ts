import {elapsed, trace} from '../trace.js'
import {awsError, type Call} from './errors.js'

/** How an AWS service is called. */
export interface AwsOptions {
  /** Undefined: what `~/.aws/config` says. */
  region?: string | undefined
  /** Aborting ends the call with the signal's reason. */
  signal?: AbortSignal | undefined
}

/** An answer of AWS takes well under a second; what is silent for longer is behind a firewall. */
const CONNECT_MS = 3000
const ANSWER_MS = 8000

/** The part of an SDK client's configuration that is ours. */
export function clientConfig({region}: AwsOptions) {
  return {
    ...(region === undefined ? {} : {region}),
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      requestTimeout: ANSWER_MS,
      // An answer that has begun can stop too.
      socketTimeout: ANSWER_MS,
      throwOnRequestTimeout: true,
    },
  }
}

/** A call, told to whoever traces. */
export async function traced<T>(
  action: string,
  region: string | undefined,
  send: () => Promise<T>,
): Promise<T> {
  const started = Date.now()
  const tell = (outcome: string): void =>
    trace('aws', () => `${action} in ${region}: ${outcome}, ${elapsed(started)}`)
  try {
    const answer = await send()
    tell('answered')
    return answer
  } catch (error) {
    tell(error instanceof Error ? error.name : 'failed')
    throw error
  }
}

interface Client {
  config: {region: string | (() => Promise<string>)}
}

/**
 * The region a client calls.
 *
 * @throws CruddurError AWS_REGION, exit 2
 */
export async function regionOfClient({config}: Client, call: Call): Promise<string> {
  try {
    return typeof config.region === 'string' ? config.region : await config.region()
  } catch (error) {
    throw awsError(error, call)
  }
}
