import {describeHosts} from './hosts.js'
import {printable} from './text.js'
import type {Target, TargetName} from './types.js'

/** `postgres@localhost:5432/cruddur`: no password, and nothing in it that steers a terminal. */
export function describeTarget({user, hosts, database}: Target): string {
  return printable(`${user}@${describeHosts(hosts)}/${database}`)
}

/** The field `target` of every JSON document; several hosts are joined by commas. */
export interface TargetJson {
  name: TargetName
  production: boolean
  host: string
  port: number
  database: string
  user: string
}

/** The target as scripts see it; `port` is the first host's. */
export function targetJson({name, production, hosts, database, user}: Target): TargetJson {
  const host = hosts.map((each) => each.host).join(',')
  return {name, production, host, port: hosts[0].port, database, user}
}
