import {get as httpGet} from 'node:http'
import {isIP, isIPv6} from 'node:net'
import {CruddurError} from '../error.js'
import type {Environment} from '../target/environment.js'

export type Family = 4 | 6

/** The first is run by AWS itself; ipify and icanhazip are there when it is not. The first and last answer IPv4 only by name. */
const SERVICES: Readonly<Record<Family, readonly string[]>> = {
  4: ['https://checkip.amazonaws.com/', 'https://api.ipify.org/', 'https://ipv4.icanhazip.com/'],
  6: ['https://api6.ipify.org/', 'https://ipv6.icanhazip.com/', 'https://api64.ipify.org/'],
}

/** Names other services, separated by commas or blanks. */
export const SERVICES_VARIABLE = 'CRUDDUR_DB_IP_URLS'

const ANSWER_MS = 3000
/** An IPv6 address has up to 45 characters; a page of a captive portal has more. */
const LONGEST_ANSWER = 100

/** The services that are asked, in this order. @throws CruddurError CONFIGURATION, exit 2 */
export function addressServices(env: Environment, family: Family): readonly string[] {
  const named = (env[SERVICES_VARIABLE] ?? '').split(/[\s,]+/).filter(Boolean)
  const wrong = named.find((url) => !/^https?:\/\//i.test(url) || !URL.canParse(url))
  if (wrong === undefined) return named.length > 0 ? named : SERVICES[family]
  throw new CruddurError('CONFIGURATION', `${SERVICES_VARIABLE} holds what is no http URL`, {
    exit: 2,
    hint: `write addresses such as ${SERVICES[4][0]}, separated by commas`,
  })
}

/** The text a URL answers with, within 3 s. */
async function fetchText(url: string, signal: AbortSignal): Promise<string> {
  const get = url.startsWith('https:') ? (await import('node:https')).get : httpGet
  return new Promise((resolve, reject) => {
    const request = get(url, {signal, headers: {'user-agent': 'cruddur-db'}}, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => {
        text += piece
        if (text.length <= LONGEST_ANSWER) return
        // An error given to destroy() has no listener any more when the answer came in one piece.
        reject(new Error('answers with a page'))
        request.destroy()
      })
      response.on('end', () => {
        if (response.statusCode === 200) resolve(text)
        else reject(new Error(`answers with HTTP ${response.statusCode}`))
      })
      response.on('error', reject)
    })
    request.on('error', reject)
  })
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (/^(?:Abort|Timeout)Error$/.test(error.name)) return `no answer within ${ANSWER_MS / 1000} s`
  const {code} = error as NodeJS.ErrnoException
  return code && code !== 'ABORT_ERR' ? code : error.message || 'no answer'
}

/** One service's answer, checked: nothing but an address of the family that can be one's own on the internet. */
async function ask(url: string, family: Family, signal: AbortSignal | undefined): Promise<string> {
  const limit = AbortSignal.timeout(ANSWER_MS)
  const text = await fetchText(url, signal ? AbortSignal.any([limit, signal]) : limit).catch(
    (error: unknown) => {
      throw limit.aborted ? new Error(`no answer within ${ANSWER_MS / 1000} s`) : error
    },
  )
  const address = text.trim()
  if (familyOfText(address) !== family) throw new Error(`answers with no IPv${family} address`)
  const kind = specialKind(address)
  if (kind !== undefined) throw new Error(`answers with ${kind} address`)
  return address
}

/** Ranges that are not on the internet (RFC 6890), by the beginning of an address. */
const SPECIAL: readonly (readonly [RegExp, string])[] = [
  [/^0\.|^::$/, 'an unspecified'],
  [/^127\.|^::1$/, 'a loopback'],
  [/^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)|^f[cd][0-9a-f]{2}:/i, 'a private'],
  [/^100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./, "a provider's internal"],
  [/^169\.254\.|^fe[89ab][0-9a-f]:/i, 'a link-local'],
  [/^(?:22[4-9]|23\d)\.|^ff[0-9a-f]{2}:/i, 'a multicast'],
  [/^(?:24\d|25[0-5])\./, 'a reserved'],
  [/^::ffff:/i, 'an IPv4-mapped'],
]

/** The family of an address; undefined: it is none, or has a zone (`fe80::1%eth0`), which means nothing on another machine. */
export function familyOfText(text: string): Family | undefined {
  const family = text.includes('%') ? 0 : isIP(text)
  return family === 4 || family === 6 ? family : undefined
}

/** An address as RFC 5952 has it: `0:0:0:0:0:0:0:1` is `::1`. */
export function canonical(address: string): string {
  return isIPv6(address) ? new URL(`http://[${address}]/`).hostname.slice(1, -1) : address
}

/** `a private`, `a loopback`, …: why an address is nobody's on the internet; undefined: it may be somebody's. */
export function specialKind(address: string): string | undefined {
  const text = canonical(address)
  return SPECIAL.find(([range]) => range.test(text))?.[1]
}

/**
 * This machine's address as the internet sees it, from the first service that tells it.
 *
 * @throws CruddurError ADDRESS_UNKNOWN, exit 3, with what each service said; the signal's reason
 */
export async function publicAddress(
  services: readonly string[],
  family: Family,
  signal?: AbortSignal,
): Promise<string> {
  const refusals: {service: string; reason: string}[] = []
  for (const url of services) {
    signal?.throwIfAborted()
    try {
      return await ask(url, family, signal)
    } catch (error) {
      signal?.throwIfAborted()
      refusals.push({service: new URL(url).host, reason: reasonOf(error)})
    }
  }
  throw new CruddurError(
    'ADDRESS_UNKNOWN',
    `this machine's public IPv${family} address cannot be found`,
    {
      exit: 3,
      excerpt: refusals.map(({service, reason}) => `  ${service}: ${reason}`).join('\n'),
      hint: 'name it: --ip ADDRESS, or GITPOD_IP=ADDRESS',
      data: {services: refusals},
    },
  )
}
