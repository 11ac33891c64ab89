import type {DBInstance} from '@aws-sdk/client-rds'
import {withDeadline} from '../../abortable.js'
import {instanceAt, instanceCommand, regionFlag} from '../../aws/instance-command.js'
import type {Policy} from '../../aws/policy.js'
import {adoptVariables, namedRegion, regionOf} from '../../aws/variables.js'
import {CruddurError} from '../../error.js'
import {isRdsHost} from '../../target/production.js'
import type {HostAddress} from '../../target/target.js'
import type {Finding} from '../check.js'
import type {Facts} from '../facts.js'
import {skipped, warn} from '../findings.js'

/** An instance as AWS describes it. */
export interface Seen {
  instance: DBInstance
  identifier: string
  /** The host of the target that is its endpoint. */
  host: HostAddress
  region: string
  /** ` --region NAME`, where the variables, which our own commands read, name another one or none. */
  elsewhere: string
  /** `aws rds ACTION` for this instance, with what stands behind it. */
  aws: (action: string, options?: string) => string
}

/** The instance, or why there is nothing to say about it. */
export type Look = {seen: Seen} | {trouble: Finding}

const POLICY: Policy = {
  Version: '2012-10-17',
  Statement: [{Effect: 'Allow', Action: ['rds:DescribeDBInstances'], Resource: '*'}],
}

/** Less than a check may take, so that the one that asks is not blamed for it. */
const ANSWER_MS = 10_000

function late(): CruddurError {
  return new CruddurError('AWS_TIMEOUT', `AWS has not answered within ${ANSWER_MS / 1000} s`, {
    hint: 'check that this machine is online, and that AWS credentials can be had: aws sts get-caller-identity',
  })
}

const skip = (message: string): Look => ({trouble: skipped(message)})
const trouble = (message: string, fix: string): Look => ({trouble: warn(message, fix)})

/** Without credentials, or a region, nobody expects to be told of AWS; with those that AWS does not take they do. */
function troubleOf(error: unknown): Look {
  if (!(error instanceof CruddurError)) throw error
  const {code, data, details, message} = error
  const hint = details.hint ?? 'try again in a minute'
  const nothingSent = code === 'AWS_REGION' || code === 'AWS_CREDENTIALS'
  if (nothingSent && data['awsCode'] === undefined) return skip(`${message}: ${hint}`)
  const denied = code === 'AWS_DENIED'
  return trouble(message, denied ? `${hint}: ${JSON.stringify(POLICY)}` : hint)
}

/** A host name does not tell the account: another one may have an instance of that name. */
function matches({Endpoint}: DBInstance, {host}: HostAddress): boolean {
  const address = Endpoint?.Address?.toLowerCase()
  return address === undefined || address === host.toLowerCase().replace(/\.$/, '')
}

function otherAccount(identifier: string, region: string): Look {
  return trouble(
    `this AWS account has no instance "${identifier}" with that endpoint in ${region}: it was deleted, or belongs to another account`,
    `compare the endpoints: aws rds describe-db-instances --region ${region}`,
  )
}

async function look(facts: Facts, signal: AbortSignal): Promise<Look> {
  const {env, target} = facts
  const host = target?.hosts.find(isRdsHost)
  if (!host) return skip('the target is no instance of RDS')
  const name = instanceAt(host)
  if (!name) return skip('the host is the endpoint of a proxy or a cluster, not of an instance')
  const {identifier} = name
  adoptVariables(env, process.env)
  try {
    const region = name.region ?? regionOf(env)
    const {withRds} = await import('../../aws/rds.js')
    const ask = (limit: AbortSignal) =>
      withRds({region, signal: limit, policy: POLICY}, async (rds) => ({
        instance: await rds.find(identifier),
        region: rds.region,
      }))
    const {instance, region: asked} = await withDeadline(ANSWER_MS, late, ask, signal)
    if (!instance || !matches(instance, host)) return otherAccount(identifier, asked)
    const elsewhere = asked === namedRegion(env) ? '' : regionFlag(asked)
    const aws: Seen['aws'] = (action, more) =>
      instanceCommand({identifier, region: asked}, action, more)
    return {seen: {instance, identifier, host, region: asked, elsewhere, aws}}
  } catch (error) {
    signal.throwIfAborted()
    return troubleOf(error)
  }
}

const looks = new WeakMap<Facts, Promise<Look>>()

/** Asks AWS about the target's instance, once for all checks. */
export function lookAtInstance(facts: Facts, signal: AbortSignal): Promise<Look> {
  const begun = looks.get(facts) ?? look(facts, signal)
  looks.set(facts, begun)
  return begun
}
