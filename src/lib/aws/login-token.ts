import {Signer} from '@aws-sdk/rds-signer'
import type {HostAddress} from '../target/target.js'

/**
 * The text that logs a user in for 15 minutes, made on this machine from its AWS credentials. This module brings the SDK
 * with it: import it where it is used.
 *
 * @throws what the SDK throws when there are no credentials: see `awsError`
 */
export function loginToken(
  {host, port}: HostAddress,
  {region, user}: {region: string; user: string},
): Promise<string> {
  return new Signer({hostname: host, port, region, username: user}).getAuthToken()
}
