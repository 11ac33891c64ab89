import type {ChildProcess} from 'node:child_process'
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect} from 'vitest'
import {type AddressAnswer, startAddressServer} from './aws/address-server.js'
import {
  type FakeAws,
  type FakeRequest,
  type FakeRule,
  fakeRule,
  startFakeAws,
} from './aws/fake-aws.js'
import {ended, type ProgramResult, startProgram} from './program.js'
import {until} from './wait.js'

export const GROUP = 'sg-0123456789abcdef0'
export const RULE = 'sgr-0123456789abcdef0'
/** What the address services say unless a test has them say something else. */
export const OWN = '203.0.113.9'
/** The first line of stderr once ids and region are known. */
export const TARGET = `AWS  ca-central-1  ${RULE} of ${GROUP}\n`

/** `undefined` takes a variable away. */
export type Variables = Record<string, string | undefined>

interface RuleRun {
  child: ChildProcess
  result: Promise<ProgramResult>
}

/** A fake EC2 with one rule, services that tell the address, and the program as it is run with them. */
export interface RuleStage {
  fake: FakeAws
  /** The working directory of the programs. */
  folder: string
  /** Where the address services are; any path asks another one. */
  services: string
  /** The paths of the address services that were asked, in this order. */
  asked: () => string[]
  /** Starts `rds-update-sg-rule` with variables that make it succeed, and those of the test. */
  start: (args?: readonly string[], env?: Variables) => RuleRun
  run: (args?: readonly string[], env?: Variables) => Promise<ProgramResult>
  /** The document on stdout, with the exit code. */
  json: (args?: readonly string[], env?: Variables) => Promise<{code: number | null; json: unknown}>
  /** Writes a file into the folder; `@@` stands for the fake's URL. */
  write: (name: string, text: string) => void
  /** The actions that were asked for, in short: `D`escribe and `M`odify. */
  actions: () => string
  /** The forms of all changes, without what is the same in each. */
  changes: () => Record<string, string>[]
  /** Waits until a change has come. */
  changed: () => Promise<void>
  /** Does something when a change comes, before it is answered. */
  atChange: (act: () => void) => void
}

interface RuleStageOptions {
  rule?: Partial<FakeRule>
  answer?: (path: string) => AddressAnswer | 'reset' | 'silence'
}

const PART = 'SecurityGroupRule.1.SecurityGroupRule.'

function changeOf({params}: FakeRequest): Record<string, string> {
  const entries = Object.entries(params).flatMap(([name, value]) => {
    if (name.startsWith(PART)) return [[name.slice(PART.length), value] as const]
    return name === 'DryRun' ? [[name, value] as const] : []
  })
  return Object.fromEntries(entries)
}

/** Whatever a test is about: no change may touch another rule, or admit more than one address. */
function expectNarrow(requests: readonly FakeRequest[]): void {
  for (const request of requests) {
    const {action, params} = request
    if (action === 'DescribeSecurityGroupRules') continue
    expect(action).toBe('ModifySecurityGroupRules')
    const {CidrIpv4, CidrIpv6} = changeOf(request)
    expect(CidrIpv4 ?? CidrIpv6).toMatch(CidrIpv4 ? /^[\d.]+\/32$/ : /^[\da-f:]+\/128$/)
    expect(CidrIpv4 === undefined || CidrIpv6 === undefined).toBe(true)
    expect(params['SecurityGroupRule.1.SecurityGroupRuleId']).toBe(RULE)
    expect(params['GroupId']).toBe(GROUP)
    const allowed = /^(?:Action|Version|GroupId|DryRun|SecurityGroupRule\.1\.\w+(?:\.\w+)?)$/
    for (const name of Object.keys(params)) {
      expect(name).toMatch(allowed)
      expect(name).not.toMatch(/PrefixListId|ReferencedGroupId/)
    }
  }
}

/** Whatever a test is about: the key stays secret, and the SDK's remarks on Node are nobody's business. */
function expectDiscreet({stderr, stdout}: ProgramResult, env: Record<string, string>): void {
  const output = stdout + stderr
  expect(output).not.toContain('NodeVersionSupportWarning')
  for (const name of ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) {
    const secret = env[name]?.trim()
    if (!secret) continue
    for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])
      expect(output).not.toContain(form)
  }
  expect(output).not.toMatch(/Signature=[0-9a-f]{8}/)
}

/** Opens a stage for one test and closes it behind, with what holds for every test asserted. */
export async function onRuleStage(
  {rule = {}, answer = () => ({body: `${OWN}\n`})}: RuleStageOptions,
  act: (stage: RuleStage) => Promise<void>,
): Promise<void> {
  const fake = await startFakeAws()
  fake.rules.set(RULE, fakeRule(rule))
  const services = await startAddressServer(answer)
  const folder = mkdtempSync(join(tmpdir(), 'cruddur-db-rule-'))
  const usual = {
    ...fake.env,
    CRUDDUR_DB_IP_URLS: `${services.url}/ip`,
    DB_SG_ID: GROUP,
    DB_SG_RULE_ID: RULE,
  }
  const start: RuleStage['start'] = (args = [], variables = {}) => {
    const entries = Object.entries<string | undefined>({...usual, ...variables})
    const env = Object.fromEntries(
      entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ) as Record<string, string>
    const child = startProgram(['rds-update-sg-rule', ...args], {cwd: folder, env})
    const result = ended(child).then((outcome) => {
      expectDiscreet(outcome, env)
      return outcome
    })
    return {child, result}
  }
  const ofAction = (name: string) => fake.requests.filter(({action}) => action === name)
  try {
    await act({
      fake,
      folder,
      services: services.url,
      asked: () => services.requests.map(({path}) => path),
      start,
      run: (args, variables) => start(args, variables).result,
      json: async (args = [], variables = {}) => {
        const {code, stdout} = await start(['--json', ...args], variables).result
        return {code, json: JSON.parse(stdout)}
      },
      write: (name, text) => writeFileSync(join(folder, name), text.replaceAll('@@', fake.url)),
      actions: () => fake.requests.map(({action}) => action.charAt(0)).join(''),
      changes: () => ofAction('ModifySecurityGroupRules').map(changeOf),
      changed: () =>
        until(
          () => ofAction('ModifySecurityGroupRules').length > 0,
          () => 'a change',
        ),
      atChange: (follow) => {
        const push = fake.requests.push.bind(fake.requests)
        fake.requests.push = (...requests) => {
          if (requests.some(({action}) => action === 'ModifySecurityGroupRules')) follow()
          return push(...requests)
        }
      },
    })
    expectNarrow(fake.requests)
  } finally {
    await services.close()
    await fake.close()
    rmSync(folder, {recursive: true, force: true})
  }
}

/** Has the SDK get credentials from a program that supplies none and does not end; the test ends it. */
export function writeSilentLogin({write}: RuleStage): void {
  write('login.sh', 'echo $$ > pid.new\nmv pid.new pid\nexec sleep 60\n')
  write('config', '[default]\ncredential_process = sh login.sh\n')
}

/** The number of that program; 0 before it runs. */
export function silentLoginPid({folder}: RuleStage): number {
  const file = join(folder, 'pid')
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0
}
