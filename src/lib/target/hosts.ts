import {isIP} from 'node:net'
import {isIpv6} from './ipv6.js'
import type {Settings} from './settings.js'
import type {HostAddress} from './types.js'

export type Hosts = readonly [HostAddress, ...HostAddress[]]

/** libpq's lists are separated by commas; nothing there is an empty list. */
function listOf(text: string | undefined): string[] {
  return text === undefined ? [] : text.split(',')
}

/** Letters of any script, digits, `-`, `.`, and `_`, which docker-compose puts into names. */
const HOST_NAME = /^[\p{L}\p{M}\p{N}._-]{1,253}$/u

function hostProblem(host: string, alone: boolean): string | undefined {
  if (host === '') return alone ? undefined : 'is empty in the list: write it, or remove a comma'
  if (host.startsWith('/') || isIP(host) !== 0 || HOST_NAME.test(host)) return undefined
  if (host.startsWith('@')) return 'is an abstract socket, which is not supported: write a folder'
  if (host.startsWith('[')) return 'has brackets: write the address without them here'
  return 'holds a character that no host name has: write a name, an IP address or a folder'
}

function portProblem(port: string): string | undefined {
  if (port === '') return undefined
  const fits = /^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65535
  return fits ? undefined : 'must be a number from 1 to 65535'
}

function addressProblem(address: string): string | undefined {
  return address === '' || isIP(address) !== 0 ? undefined : 'must be an IP address'
}

function countProblem(lists: {hosts: string[]; addresses: string[]; ports: string[]}): boolean {
  const {hosts, addresses, ports} = lists
  const count = Math.max(hosts.length, addresses.length, 1)
  const fits = (length: number, one: boolean) => [0, count, ...(one ? [1] : [])].includes(length)
  return !fits(hosts.length, false) || !fits(addresses.length, false) || !fits(ports.length, true)
}

const DEFAULT_PORT = 5432

/**
 * The servers a URL and libpq's variables name; `localhost:5432` where they say nothing.
 *
 * @returns hosts only when there is no problem
 */
export function readHosts(settings: Settings): {hosts?: Hosts; problems: string[]} {
  const hosts = listOf(settings.get('host'))
  const addresses = listOf(settings.get('hostaddr'))
  const ports = listOf(settings.get('port'))
  const refusals = [
    ...hosts.map((host) => ['host', hostProblem(host, hosts.length === 1)] as const),
    ...addresses.map((address) => ['hostaddr', addressProblem(address)] as const),
    ...ports.map((port) => ['port', portProblem(port)] as const),
  ]
  const problems = refusals.flatMap(([name, why]) => (why ? [`${settings.at(name)} ${why}`] : []))
  if (countProblem({hosts, addresses, ports}))
    problems.push(
      `${settings.at('host')} and the port or hostaddr differ in number: write one for each`,
    )
  if (problems.length > 0) return {problems: [...new Set(problems)]}

  const server = (at: number): HostAddress => {
    const address = addresses[at] || undefined
    const port = Number((ports.length === 1 ? ports[0] : ports[at]) || DEFAULT_PORT)
    return {host: hosts[at] || address || 'localhost', port, ...(address ? {address} : {})}
  }
  const count = Math.max(hosts.length, addresses.length, 1)
  const rest = Array.from({length: count - 1}, (_, at) => server(at + 1))
  return {hosts: [server(0), ...rest], problems}
}

/** `host:port`, several separated by commas, IPv6 in brackets. */
export function describeHosts(hosts: readonly HostAddress[]): string {
  return hosts.map(({host, port}) => `${isIpv6(host) ? `[${host}]` : host}:${port}`).join(',')
}
