import {BlockList} from 'node:net'
import {withDeadline} from '../abortable.js'
import {CruddurError} from '../error.js'
import type {Environment} from '../target/environment.js'
import {readRdsName} from '../target/production.js'
import type {HostAddress} from '../target/target.js'
import {shellWord} from '../target/text.js'
import {addressServices, publicAddress} from './public-address.js'
import {familyOf, type Rule, ruleOf} from './rule.js'
import {readRuleRequest} from './rule-request.js'
import {portsOf} from './rule-words.js'
import {adoptVariables, namedRegion, regionOf} from './variables.js'

/** What can be said about why an RDS host does not answer. */
export interface Reachability {
  /** This machine's IPv4 address on the internet; null: it could not be found. */
  address: string | null
  /** The rule that DB_SG_ID and DB_SG_RULE_ID name; null: they name none, or it could not be read. */
  rule: Rule | null
  /** Whether that rule admits this machine to the target's port; null: not known. */
  admitted: boolean | null
  /** Why the rule could not be read. */
  trouble?: string | undefined
  /** The above in words, a line each. */
  lines: string[]
  /** The next step. */
  hint: string
}

/** The command that opens the door, with the flags without which it would look elsewhere. */
function openCommand(host: HostAddress, env: Environment, envFile: string | undefined): string {
  const region = readRdsName(host)?.region
  const words = ['cruddur-db rds-update-sg-rule']
  if (region !== undefined && region !== namedRegion(env)) words.push(`--region ${region}`)
  if (envFile !== undefined) words.push(`--env-file ${shellWord(envFile)}`)
  return words.join(' ')
}

/** Whether a rule is about an IPv4 address; null for a rule of the other family. */
function holdsAddress(rule: Rule, address: string): boolean | null {
  if (familyOf(rule) !== 4) return null
  const [network = '', bits] = rule.cidr.split('/')
  const list = new BlockList()
  list.addSubnet(network, Number(bits), 'ipv4')
  return list.check(address, 'ipv4')
}

function holdsPort({port, protocol, toPort}: Rule, wanted: number): boolean {
  if (protocol === '-1') return true
  const tcp = protocol === 'tcp' || protocol === '6'
  return tcp && (port ?? 0) <= wanted && wanted <= (toPort ?? 65_535)
}

/** Whether a rule lets an IPv4 address through to a port; null for a rule of the other family. */
export function admits(rule: Rule, address: string, port: number): boolean | null {
  const holds = holdsAddress(rule, address)
  return holds === null ? null : holds && holdsPort(rule, port)
}

interface RuleLook {
  rule: Rule | null
  /** Why there is none. */
  trouble?: string
  unset?: boolean
}

async function lookAtRule(
  host: HostAddress,
  env: Environment,
  signal: AbortSignal,
): Promise<RuleLook> {
  if (!env['DB_SG_ID']?.trim() || !env['DB_SG_RULE_ID']?.trim()) return {rule: null, unset: true}
  const request = readRuleRequest({}, {...env, GITPOD_IP: undefined})
  const {withEc2} = await import('./ec2.js')
  const region = readRdsName(host)?.region ?? regionOf(env)
  const found = await withEc2(request, {region, signal}, (ec2) => ec2.rule())
  return {rule: ruleOf(found, request)}
}

/** What cannot be found out is told as that; only an interruption ends the command. */
function troubleOf(error: unknown): string {
  if (error instanceof CruddurError && error.code !== 'INTERRUPTED') return error.message
  throw error
}

function noAddress(error: unknown): null {
  troubleOf(error)
  return null
}

function noRule(error: unknown): RuleLook {
  return {rule: null, trouble: troubleOf(error)}
}

function verdict(rule: Rule, address: string | null, port: number): string {
  const holds = address === null ? null : holdsAddress(rule, address)
  if (holds === null) return ''
  if (!holds) return ': not this machine'
  return holdsPort(rule, port) ? ': this machine' : `: this machine, but not to port ${port}`
}

function ruleLine({rule, trouble, unset}: RuleLook, address: string | null, port: number): string {
  if (unset) return 'the security group was not looked at: DB_SG_ID and DB_SG_RULE_ID are not set'
  if (!rule) return `the security group could not be looked at: ${trouble}`
  const told = `${rule.cidr} on ${portsOf(rule)}${verdict(rule, address, port)}`
  return `the rule ${rule.ruleId} of ${rule.groupId} admits ${told}`
}

function hintOf(
  {rule, unset}: RuleLook,
  admitted: boolean | null,
  {open, port}: {open: string; port: number},
): string {
  if (admitted)
    return 'the door is open, so see whether the instance runs and is publicly accessible: aws rds describe-db-instances'
  if (unset)
    return `set DB_SG_ID and DB_SG_RULE_ID to the security group of the instance and its inbound rule, then: ${open}`
  return `let this machine in: ${open}${rule && !holdsPort(rule, port) ? ` --port ${port}` : ''}`
}

/**
 * Compares this machine's address with the security group rule that `DB_SG_ID` and `DB_SG_RULE_ID` name, as far as both
 * can be had.
 *
 * @param host the RDS host that does not answer
 * @param envFile the value of --env-file
 * @param limitMs what cannot be had in this time is told as not known
 * @throws the signal's reason
 */
export async function examineReach(
  host: HostAddress,
  env: Environment,
  options: {envFile?: string | undefined; limitMs: number; signal: AbortSignal},
): Promise<Reachability> {
  const {envFile, limitMs, signal} = options
  adoptVariables(env, process.env)
  const late = (): CruddurError => new CruddurError('AWS_TIMEOUT', 'no answer in time')
  const within = <T>(fn: (signal: AbortSignal) => Promise<T>): Promise<T> =>
    withDeadline(limitMs, late, fn, signal)
  const [address, look] = await Promise.all([
    within((limit) => publicAddress(addressServices(process.env, 4), 4, limit)).catch(noAddress),
    within((limit) => lookAtRule(host, env, limit)).catch(noRule),
  ])
  const {rule} = look
  const {port} = host
  const admitted = rule && address ? admits(rule, address, port) : null
  return {
    address,
    rule,
    admitted,
    lines: [`this machine's address is ${address ?? 'not known'}`, ruleLine(look, address, port)],
    trouble: look.trouble,
    hint: hintOf(look, admitted, {open: openCommand(host, env, envFile), port}),
  }
}
