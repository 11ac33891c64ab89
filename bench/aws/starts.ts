import {fileURLToPath} from 'node:url'
import type {Command} from '../measure.js'
import {CHANGING_RULE} from './endpoint.js'

/** A process that is started again and again. */
export interface Start {
  name: string
  title: string
  /** What follows `node`, in the round of that number. */
  args: (round: number) => readonly string[]
  env?: (round: number) => Record<string, string>
  /** To AWS, every time; another number, and it did something else than is meant. */
  requests: number
  /** Not more than so many times `cruddur-db --version` is aimed at. */
  reach?: number
}

const PROGRAM = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

/** The rule that the fake begins with, and the address it admits: test/support/aws/rule.ts. */
const GROUP = 'sg-0123456789abcdef0'
const RULE = 'sgr-0123456789abcdef0'
const ADDRESS = '198.51.100.7'

/** Measured always: the others are compared with the last. */
export const BASES: readonly [node: Start, version: Start] = [
  {name: 'node', title: 'node -e 0', args: () => ['-e', '0'], requests: 0},
  {
    name: 'version',
    title: 'cruddur-db --version',
    args: () => [PROGRAM, '--version'],
    requests: 0,
  },
]

export const STARTS: readonly Start[] = [
  {
    name: 'rule-right',
    title: 'rds-update-sg-rule, nothing to do',
    args: () => [PROGRAM, 'rds-update-sg-rule'],
    env: () => ({DB_SG_ID: GROUP, DB_SG_RULE_ID: RULE, GITPOD_IP: ADDRESS}),
    requests: 1,
    reach: 2.5,
  },
  {
    name: 'rule-change',
    title: 'rds-update-sg-rule, rule changed',
    args: () => [PROGRAM, 'rds-update-sg-rule'],
    env: (round) => {
      const GITPOD_IP = `203.0.113.${round % 2 === 0 ? 8 : 9}`
      return {DB_SG_ID: GROUP, DB_SG_RULE_ID: CHANGING_RULE, GITPOD_IP}
    },
    requests: 3,
  },
  {
    name: 'create-dry-run',
    title: 'rds-create --dry-run',
    args: () => [PROGRAM, 'rds-create', '--dry-run'],
    requests: 2,
  },
]

/** @param aws variables that lead to AWS; nothing else of it may be asked */
export function commandOf(
  {args, env}: Start,
  {aws, cwd, round}: {aws: Record<string, string>; cwd: string; round: number},
): Command {
  return {file: process.execPath, args: args(round), cwd, env: {...aws, ...env?.(round)}}
}
