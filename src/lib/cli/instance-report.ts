import {type Instance, instanceUrl} from '../aws/instance.js'
import type {InstancePlan} from '../aws/instance-plan.js'
import {printable} from '../target/text.js'
import {style} from './style.js'

function aligned(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${printable(value)}`)
}

/** The plan as lines for stderr. */
export function planLines({rows, warnings}: InstancePlan): string[] {
  const marked = warnings.map((warning) => `  ${style.magenta('!')} ${printable(warning)}`)
  return ['This will create a DB instance:', ...aligned(rows), ...marked]
}

/** What is there in a region, and what there is to do next, as lines for stdout. */
export function instanceLines(instance: Instance, region: string): string[] {
  const {endpoint, identifier, masterUserSecretArn, port, securityGroups, status} = instance
  const groups = securityGroups.join(', ')
  const rows: [string, string][] = [
    ['engine', `PostgreSQL ${instance.engineVersion}, ${instance.class}`],
    ['endpoint', endpoint === null ? 'none yet' : `${endpoint}:${port}`],
    ...(groups ? [['security group', groups] as [string, string]] : []),
    ...(masterUserSecretArn ? [['password', masterUserSecretArn] as [string, string]] : []),
  ]
  return [
    `the instance "${identifier}" is ${status}`,
    ...aligned(rows),
    ...nextSteps(instance, region),
  ]
}

function nextSteps(instance: Instance, region: string): string[] {
  const url = instanceUrl(instance)
  if (url === undefined)
    return ['run the same command again to see the endpoint, once there is one']
  const [group] = instance.securityGroups
  const open = group
    ? [
        'let this machine in, once per address, with the id of the inbound rule of that group:',
        `  DB_SG_ID=${group} DB_SG_RULE_ID=sgr-… cruddur-db rds-update-sg-rule --region ${region}`,
      ]
    : []
  return [
    ...open,
    'use it with --prod, with the password in place of PASSWORD (percent-encoded):',
    `  export PROD_CONNECTION_URL='${url}'`,
  ]
}
