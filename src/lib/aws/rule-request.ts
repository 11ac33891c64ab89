import {CruddurError} from '../error.js'
import type {Environment} from '../target/environment.js'
import {printable} from '../target/text.js'
import {canonical, type Family, familyOfText, specialKind} from './public-address.js'

/** What rds-update-sg-rule is told to do, checked. */
export interface RuleRequest {
  groupId: string
  ruleId: string
  /** Undefined: this machine's, as the internet sees it. */
  address: Address | undefined
  /** Undefined: as the rule has it. */
  port: number | undefined
  /** Undefined: as the rule has it; empty: none. */
  description: string | undefined
}

/** One address: a rule is never opened to more. */
export interface Address {
  /** IPv6 in its canonical form. */
  text: string
  family: Family
}

export interface RuleFlags {
  'group-id'?: string | undefined
  'rule-id'?: string | undefined
  ip?: string | undefined
  port?: number | undefined
  description?: string | undefined
}

interface Named {
  /** Where the value was read. */
  label: string
  text: string | undefined
}

/** The flag, or the variable behind it; blanks and tabs around a value came with copying, and an empty variable is none. */
function named(flag: string, given: string | undefined, variable: string, env: Environment): Named {
  if (given !== undefined) return {label: `--${flag}`, text: given.trim()}
  return {label: variable, text: env[variable]?.trim() || undefined}
}

function idProblem({label, text}: Named, flag: string, prefix: string, what: string): string[] {
  if (text === undefined) return [`${label} is not set: it names ${what}; or give --${flag}`]
  if (text === '') return [`${label} is empty: it names ${what}`]
  if (new RegExp(`^${prefix}-[0-9a-z]+$`, 'i').test(text)) return []
  return [`${label} is ${printable(text)}: ${what} has an id such as ${prefix}-0123456789abcdef0`]
}

/** An address as this module gives it, from text that is one. */
export function addressOf(text: string): Address {
  return {text: canonical(text), family: familyOfText(text) ?? 4}
}

/** `203.0.113.9/32`, `2001:db8::1/128`. */
export function cidrOf({text, family}: Address): string {
  return `${text}/${family === 4 ? 32 : 128}`
}

/** Ranges that reach RDS over a peering or a VPN; the others are nobody's there. */
const WITHIN_VPC = new Set(['a private', "a provider's internal"])

function readAddress({label, text}: Named): {address?: Address; problems: string[]} {
  if (text === undefined) return {problems: []}
  if (text === '') return {problems: [`${label} is empty: write one IP address, or leave it out`]}
  const [, host = '', mask] = /^([^/]*)(?:\/(\d+))?$/.exec(text) ?? []
  const family = familyOfText(host)
  const shown = printable(text)
  if (family === undefined)
    return {problems: [`${label} is ${shown}: write one IP address, such as 203.0.113.9`]}
  if (mask !== undefined && Number(mask) !== (family === 4 ? 32 : 128))
    return {problems: [`${label} is ${shown}: a rule is opened to one address, not to a network`]}
  const kind = specialKind(host)
  if (kind !== undefined && !WITHIN_VPC.has(kind))
    return {problems: [`${label} is ${shown}, ${kind} address, from which nobody reaches RDS`]}
  return {address: addressOf(host), problems: []}
}

/** What EC2 takes as a description (API reference, SecurityGroupRuleRequest). */
const DESCRIPTION = /^[\w .:/()#,@[\]+=&;{}!$*-]{0,255}$/

function descriptionProblem(text: string | undefined): string[] {
  if (text === undefined || DESCRIPTION.test(text)) return []
  return ['--description takes up to 255 of a-z A-Z 0-9, blanks and ._-:/()#,@[]+=&;{}!$*']
}

/**
 * Reads flags, and behind them `DB_SG_ID`, `DB_SG_RULE_ID` and `GITPOD_IP`.
 *
 * @throws CruddurError CONFIGURATION, exit 2, with every problem at once, one per line and in `data.problems`
 */
export function readRuleRequest(flags: RuleFlags, env: Environment): RuleRequest {
  const group = named('group-id', flags['group-id'], 'DB_SG_ID', env)
  const rule = named('rule-id', flags['rule-id'], 'DB_SG_RULE_ID', env)
  const {address, problems} = readAddress(named('ip', flags.ip, 'GITPOD_IP', env))
  const all = [
    ...idProblem(group, 'group-id', 'sg', 'the security group of the database'),
    ...idProblem(rule, 'rule-id', 'sgr', 'the rule of it that admits you'),
    ...problems,
    ...descriptionProblem(flags.description),
  ]
  if (all.length > 0 || group.text === undefined || rule.text === undefined) {
    throw new CruddurError('CONFIGURATION', all.join('\n'), {
      exit: 2,
      hint:
        group.text && rule.text
          ? 'nothing was sent; correct it and run the command again'
          : 'find both ids: aws ec2 describe-security-group-rules --filters Name=group-id,Values=sg-…',
      data: {problems: all},
    })
  }
  return {
    groupId: group.text,
    ruleId: rule.text,
    address,
    port: flags.port,
    description: flags.description,
  }
}
