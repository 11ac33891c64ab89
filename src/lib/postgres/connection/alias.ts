import {lookup as lookUp} from 'node:dns/promises'
import {isIP} from 'node:net'
import {networkInterfaces} from 'node:os'
import {withDeadline} from '../../abortable.js'
import {limitNameLookups} from '../../name-lookup.js'
import {isRdsHost, isSameServer} from '../../target/production.js'
import type {HostAddress} from '../../target/target.js'

/** All addresses of a name, IPv4 and IPv6; fails with Node's `code` (`ENOTFOUND`, `EAI_AGAIN`, …). */
type Lookup = (name: string) => Promise<readonly {address: string}[]>

interface AliasOptions {
  /** Aborting ends the waiting with the signal's reason. */
  signal?: AbortSignal | undefined
  /** How long names are waited for, in milliseconds; 2000 unless told. */
  limitMs?: number | undefined
  /** The system's lookup (/etc/hosts, then DNS) unless told. */
  lookup?: Lookup | undefined
}

const LIMIT_MS = 2000
const systemLookup: Lookup = (name) => {
  // Names that nobody answers for would keep the program from ending.
  limitNameLookups(process.env)
  return lookUp(name, {all: true})
}

type Pair = readonly [HostAddress, HostAddress]
/** What a name led to: its addresses, none when it does not exist, or a failure that leaves them open. */
type Outcome = readonly string[] | 'failed'
type Answer = 'same' | 'other' | 'unknown'
type Verdict = Answer | 'pending'

const isSame = (one: readonly HostAddress[], other: readonly HostAddress[]): boolean =>
  isSameServer({hosts: one, database: ''}, {hosts: other, database: ''})

const at = (addresses: readonly string[], port: number): HostAddress[] =>
  addresses.map((host) => ({host, port}))

const isHere = (host: HostAddress): boolean => isSame([host], at(['localhost'], host.port))
const isName = (host: HostAddress): boolean => isIP(host.host) === 0 && !isHere(host)
const withoutZone = (address: string): string => address.replace(/%.*$/, '')

/** This machine's addresses, under which its own servers are reached too. */
function ownAddresses(): string[] {
  try {
    const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
    return all.map(({address}) => withoutZone(address))
  } catch {
    // Where a sandbox forbids to ask for them, names and other addresses are compared all the same.
    return []
  }
}

/** The hosts as they are dialled: by `address` where it is given, without an IPv6 zone. */
function dialled(hosts: readonly HostAddress[]): HostAddress[] {
  return hosts.map(({host, address = host, port}) => ({
    host: isIP(address) === 0 ? address : withoutZone(address),
    port,
  }))
}

/** Those that may be one server: an RDS host is not this machine, and a tunnel to it does not show in addresses. */
function candidates(hosts: readonly HostAddress[], production: readonly HostAddress[]): Pair[] {
  const apart = (one: HostAddress, other: HostAddress): boolean => isRdsHost(one) && isHere(other)
  return hosts
    .flatMap((one) => production.map((other): Pair => [one, other]))
    .filter(([one, other]) => one.port === other.port && !apart(one, other) && !apart(other, one))
}

function compare(
  [one, other]: Pair,
  outcomes: ReadonlyMap<string, Outcome>,
  own: readonly string[],
): Verdict {
  if (isSame([one], [other])) return 'same'
  const addressesOf = (host: HostAddress): Outcome | undefined =>
    isName(host) ? outcomes.get(host.host) : [host.host]
  const [ours, theirs] = [addressesOf(one), addressesOf(other)]
  // Nothing is done where a name has no address; but production may be known elsewhere (a VPN, a split DNS) and reached by it.
  if (ours?.length === 0) return 'other'
  if (ours === undefined || theirs === undefined) return 'pending'
  if (ours === 'failed' || theirs === 'failed') return 'unknown'
  if (theirs.length === 0) return isHere(one) ? 'other' : 'unknown'
  const {port} = one
  const owned = at(own, port)
  const known = (addresses: readonly string[]): HostAddress[] => {
    const hosts = at(addresses.map(withoutZone), port)
    return isSame(hosts, owned) ? [...hosts, ...at(['localhost'], port)] : hosts
  }
  return isSame(known(ours), known(theirs)) ? 'same' : 'other'
}

/** One pair that is the same is enough; else the worst that is not settled. */
function judge(verdicts: readonly Verdict[]): Verdict {
  const order = ['same', 'pending', 'unknown'] as const
  return order.find((verdict) => verdicts.includes(verdict)) ?? 'other'
}

async function outcomeOf(name: string, lookup: Lookup): Promise<Outcome> {
  try {
    return (await lookup(name)).map(({address}) => address)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTFOUND' ? [] : 'failed'
  }
}

/**
 * Whether one of a target's hosts is one of production's under another name: the same port, and a common address.
 * Names are looked up where only that can tell, all at the same time.
 *
 * @returns `unknown` when a name could not be looked up, or not in time
 * @throws the signal's reason
 */
export async function isAlias(
  hosts: readonly HostAddress[],
  production: readonly HostAddress[],
  {signal, limitMs = LIMIT_MS, lookup = systemLookup}: AliasOptions = {},
): Promise<Answer> {
  const pairs = candidates(dialled(hosts), dialled(production))
  const own = ownAddresses()
  const outcomes = new Map<string, Outcome>()
  const verdict = (): Verdict => judge(pairs.map((pair) => compare(pair, outcomes, own)))
  const first = verdict()
  if (first !== 'pending') return first
  const names = new Set(
    pairs
      .flat()
      .filter(isName)
      .map(({host}) => host),
  )
  const decided = new Promise<Answer>((resolve) => {
    for (const name of names) {
      void outcomeOf(name, lookup).then((outcome) => {
        outcomes.set(name, outcome)
        const now = verdict()
        if (now !== 'pending') resolve(now)
      })
    }
  })
  const late = new Error('not in time')
  try {
    return await withDeadline(
      limitMs,
      () => late,
      () => decided,
      signal,
    )
  } catch (error) {
    if (error === late) return 'unknown'
    throw error
  }
}
