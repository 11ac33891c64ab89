import {isIpv6} from './ipv6.js'
import type {HostAddress} from './types.js'

/** What makes two URLs mean the same database. */
export interface Server {
  hosts: readonly HostAddress[]
  database: string
}

/** `10.0.0.1` for `[::ffff:a00:1]`: an IPv4 address in IPv6 clothes reaches the same server. */
function unmapped(name: string): string {
  const [, high, low] = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(name) ?? []
  if (high === undefined || low === undefined) return name
  return [high, low]
    .map((word) => Number.parseInt(word, 16))
    .flatMap((word) => [word >> 8, word & 0xff])
    .join('.')
}

/** Lower case, punycode and one spelling per IP address, as a resolver would take the name. */
function canonical(host: string): string {
  const text = host.replace(/\.$/, '')
  const url = `http://${isIpv6(text) ? `[${text}]` : text}/`
  // Not every name is one for a WHATWG URL: an IPv6 zone is not, nor is a name that ends in a number.
  const name = URL.canParse(url) ? new URL(url).hostname : text.toLowerCase()
  return unmapped(name.replace(/\.$/, ''))
}

/** Names and addresses that reach this machine. */
const LOOPBACK =
  /^(?:localhost|.+\.localhost|localhost\.localdomain|ip6-localhost|127\.[\d.]+|0\.0\.0\.0|\[::1?\])$/

/** A socket leads to this machine too, and its folder does not tell which of the servers here made it. */
function identity(host: string): string {
  if (host.startsWith('/')) return 'localhost'
  const name = canonical(host)
  return LOOPBACK.test(name) ? 'localhost' : name
}

/** What the name of an RDS host tells. */
interface RdsName {
  /** `eu-central-1`; undefined where the name has none that looks like one. */
  region: string | undefined
  /** Whether it is an RDS Proxy, whose certificates come from Amazon's public authority. */
  proxy: boolean
}

/** `ENDPOINT.REGION.rds.amazonaws.com`, in China also `ENDPOINT.rds.REGION.amazonaws.com.cn`. */
const RDS_HOST =
  /^(?<endpoint>.+)\.rds(?:\.(?<behind>[a-z]{2,}(?:-[a-z]+)+-\d))?\.amazonaws\.com(?:\.cn)?$/
const REGION = /^[a-z]{2,}(?:-[a-z]+)+-\d$/

/**
 * Reads an RDS host's name: `NAME.HASH.REGION.rds.amazonaws.com`, with `proxy-`, `cluster-` and the like
 * before the hash (AWS's JDBC wrapper, RdsUtils.java, lists the forms).
 *
 * @returns undefined for a host that is not of RDS, by its name alone
 */
export function readRdsName({host}: HostAddress): RdsName | undefined {
  if (host.startsWith('/')) return undefined
  const {endpoint, behind} = RDS_HOST.exec(canonical(host))?.groups ?? {}
  if (endpoint === undefined) return undefined
  const labels = endpoint.split('.')
  const region = behind ?? (REGION.test(labels.at(-1) ?? '') ? labels.pop() : undefined)
  return {region, proxy: labels.length > 1 && (labels.at(-1)?.startsWith('proxy-') ?? false)}
}

/** Whether a host is an instance of RDS, by its name alone; in China the domain ends in `.cn`. */
export function isRdsHost(host: HostAddress): boolean {
  return readRdsName(host) !== undefined
}

function identities({host, address, port}: HostAddress): string[] {
  return [host, ...(address ? [address] : [])].map((name) => `${identity(name)} ${port}`)
}

/** Whether any host, with its port, is one of the other's. */
export function isSameServer(one: Server, other: Server): boolean {
  const known = new Set(other.hosts.flatMap(identities))
  return one.hosts.flatMap(identities).some((server) => known.has(server))
}

/** Whether both name the same database of the same server. */
export function isSameDatabase(one: Server, other: Server): boolean {
  return one.database === other.database && isSameServer(one, other)
}
