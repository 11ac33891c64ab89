import {bareNode, cruddurDb, REACH_MB} from '../programs.js'
import type {Runner} from '../rounds.js'
import {CHANGING_RULE} from './endpoint.js'

/** A start that asks AWS. */
export interface AwsRunner extends Runner {
  /** To AWS, every time; another number, and it did something else than is meant. */
  requests: number
}

interface Start extends Omit<AwsRunner, 'command'> {
  args: readonly string[]
  /** In the round of that number. */
  env?: (round: number) => Record<string, string>
}

/** The one that the others are compared with. */
export const BASE = 'version'

/** The rule that the fake begins with, and the address it admits: test/support/aws/rule.ts. */
const GROUP = 'sg-0123456789abcdef0'
const RULE = 'sgr-0123456789abcdef0'
const ADDRESS = '198.51.100.7'

const STARTS: readonly Start[] = [
  {
    name: 'rule-right',
    title: 'rds-update-sg-rule, nothing to do',
    args: ['rds-update-sg-rule'],
    env: () => ({DB_SG_ID: GROUP, DB_SG_RULE_ID: RULE, GITPOD_IP: ADDRESS}),
    requests: 1,
    reach: {[BASE]: 2.5},
  },
  {
    name: 'rule-change',
    title: 'rds-update-sg-rule, rule changed',
    args: ['rds-update-sg-rule'],
    env: (round) => {
      const GITPOD_IP = `203.0.113.${round % 2 === 0 ? 8 : 9}`
      return {DB_SG_ID: GROUP, DB_SG_RULE_ID: CHANGING_RULE, GITPOD_IP}
    },
    requests: 3,
  },
  {
    name: 'create-dry-run',
    title: 'rds-create --dry-run',
    args: ['rds-create', '--dry-run'],
    requests: 2,
  },
]

export const NAMES = STARTS.map(({name}) => name)

/**
 * Bare node, `--version`, and those of the starts that are asked for.
 *
 * @param aws variables that lead to AWS; nothing else of it may be asked
 */
export function runnersOf(
  only: ReadonlySet<string>,
  {aws, cwd}: {aws: Record<string, string>; cwd: string},
): AwsRunner[] {
  const starts = STARTS.filter(({name}) => only.size === 0 || only.has(name))
  const version = () => cruddurDb(['--version'], cwd)
  return [
    {name: 'node', title: 'node -e 0', command: () => bareNode(cwd), requests: 0},
    {name: BASE, title: 'cruddur-db --version', command: version, requests: 0, reachMb: REACH_MB},
    ...starts.map(({args, env, ...start}) => ({
      ...start,
      reachMb: REACH_MB,
      command: (round: number) => ({...cruddurDb(args, cwd), env: {...aws, ...env?.(round)}}),
    })),
  ]
}
