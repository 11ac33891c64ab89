import {readRdsName} from '../target/production.js'
import {shellWord} from '../target/text.js'
import type {HostAddress} from '../target/types.js'

/** How the `aws` command is told of an instance. */
export interface InstanceName {
  identifier: string
  /** Undefined: nobody knows, and the `aws` command takes its own. */
  region: string | undefined
}

/** @returns undefined for a host that is no instance's endpoint, but that of a proxy or a cluster, or no host of RDS */
export function instanceAt(host: HostAddress): InstanceName | undefined {
  const name = readRdsName(host)
  const [identifier = '', behind = ''] = host.host.split('.')
  if (!name || name.proxy || /^cluster-/i.test(behind)) return undefined
  return {identifier, region: name.region}
}

/** ` --region NAME`: the `aws` command reads neither a host's name nor `.env`, and its version 1 no AWS_REGION either. */
export function regionFlag(region: string | undefined): string {
  return region === undefined ? '' : ` --region ${shellWord(region)}`
}

/** `aws rds ACTION` for an instance, with its options behind it, to be pasted. */
export function instanceCommand(
  {identifier, region}: InstanceName,
  action: string,
  options = '',
): string {
  const named = `--db-instance-identifier ${shellWord(identifier)}${regionFlag(region)}`
  return `aws rds ${action} ${named} ${options}`.trimEnd()
}

/** Good until 2061 (RDS user guide, "Using SSL/TLS to encrypt a connection to a DB instance"). */
const NEW_AUTHORITY = 'rds-ca-rsa2048-g1'

/** The command that gives an instance a certificate of an authority that lasts. */
export function renewal(instance: InstanceName): string {
  const options = `--ca-certificate-identifier ${NEW_AUTHORITY} --apply-immediately`
  return instanceCommand(instance, 'modify-db-instance', options)
}
