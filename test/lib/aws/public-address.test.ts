import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {
  addressServices,
  publicAddress,
  SERVICES_VARIABLE,
  specialKind,
} from '../../../src/lib/aws/public-address.js'
import {
  type AddressAnswer,
  type AddressServer,
  startAddressServer,
} from '../../support/aws/address-server.js'
import {until} from '../../support/wait.js'
import {errorOf} from '../target/fixtures.js'

describe('the services', () => {
  test('AWS’s own is asked first, and each answers to https', () => {
    const services = addressServices({}, 4)
    expect(services).toEqual([
      'https://checkip.amazonaws.com/',
      'https://api.ipify.org/',
      'https://ipv4.icanhazip.com/',
    ])
    expect(addressServices({}, 6)).toHaveLength(3)
    for (const url of addressServices({}, 6)) expect(url).toMatch(/^https:/)
  })

  test.each(['', ' ', ',', ' ,\n'])('a variable of %j names none', (text) => {
    expect(addressServices({[SERVICES_VARIABLE]: text}, 4)).toEqual(addressServices({}, 4))
  })

  test('others are named with commas, blanks and line ends between', () => {
    const text = ' http://a/,https://b/x?y=1\n\thttp://[::1]:80/ '
    const named = ['http://a/', 'https://b/x?y=1', 'http://[::1]:80/']
    expect(addressServices({[SERVICES_VARIABLE]: text}, 4)).toEqual(named)
    expect(addressServices({[SERVICES_VARIABLE]: text}, 6)).toEqual(named)
  })

  test.each(['ftp://a/', 'a', 'http://', 'file:///x', 'http:/\\', 'https://a:b', 'data:,1.2.3.4'])(
    '%s is none, and is not repeated',
    (url) => {
      const error = errorOf(() => addressServices({[SERVICES_VARIABLE]: `http://a/ ${url}`}, 4))
      expect([error.code, error.exit]).toEqual(['CONFIGURATION', 2])
      expect(error.message).toBe('CRUDDUR_DB_IP_URLS holds what is no http URL')
    },
  )
})

describe('what is nobody’s address on the internet (RFC 6890)', () => {
  test.each([
    ['an unspecified', ['0.0.0.0', '0.255.255.255', '::', '0:0:0:0:0:0:0:0']],
    ['a loopback', ['127.0.0.1', '127.255.255.255', '::1', '0000::1', '0:0:0:0:0:0:0:1']],
    ['a private', ['10.0.0.0', '10.255.255.255', '172.16.0.0', '172.31.255.255', '192.168.0.1']],
    ['a private', ['fc00::1', 'fd00::1', 'FDFF:ffff::1', 'fdff:0:0:0:0:0:0:1']],
    ["a provider's internal", ['100.64.0.0', '100.99.9.9', '100.127.255.255']],
    ['a link-local', ['169.254.0.0', '169.254.169.254', 'fe80::1', 'FEBF::1']],
    ['a multicast', ['224.0.0.0', '239.255.255.255', 'ff00::1', 'FF02::1']],
    ['a reserved', ['240.0.0.0', '255.255.255.255']],
    ['an IPv4-mapped', ['::ffff:203.0.113.9', '::FFFF:cb00:7109', '0:0:0:0:0:ffff:cb00:7109']],
  ])('%s one: %j', (kind, addresses) => {
    for (const address of addresses)
      expect([address, specialKind(address)]).toEqual([address, kind])
  })

  test.each([
    ...['1.0.0.1', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255'],
    ...[
      '128.0.0.0',
      '169.253.255.255',
      '169.255.0.0',
      '172.15.255.255',
      '172.32.0.0',
      '192.167.255.255',
    ],
    ...['192.169.0.0', '223.255.255.255', '2001:db8::1', '2600::1', 'fb00::1', '::2:1', '1::1'],
  ])('%s may be somebody’s', (address) => {
    expect(specialKind(address)).toBeUndefined()
  })
})

describe('asking', () => {
  let server: AddressServer
  let answers: Record<string, AddressAnswer | 'reset' | 'silence'>

  beforeEach(async () => {
    answers = {}
    server = await startAddressServer((path) => answers[path] ?? {status: 404})
  })
  afterEach(() => server.close())

  const ask = (paths: string[], family: 4 | 6 = 4, signal?: AbortSignal) =>
    publicAddress(
      paths.map((path) => server.url + path),
      family,
      signal,
    )
  const asked = () => server.requests.map(({path}) => path)

  test('the first address that is one is taken, and nobody else asked', async () => {
    answers = {'/a': {body: 'no'}, '/b': {body: '203.0.113.9\n'}, '/c': {body: '203.0.113.10'}}
    expect(await ask(['/a', '/b', '/c'])).toBe('203.0.113.9')
    expect(asked()).toEqual(['/a', '/b'])
  })

  test('who asks says what it is, and nothing of the machine', async () => {
    answers = {'/a': {body: '203.0.113.9'}}
    await ask(['/a'])
    const [request] = server.requests
    expect(request?.headers['user-agent']).toBe('cruddur-db')
    expect(Object.keys(request?.headers ?? {}).toSorted()).toEqual([
      'connection',
      'host',
      'user-agent',
    ])
  })

  test('a page that comes in one piece is refused, and breaks nothing', async () => {
    answers = {'/a': {body: `<html>${'x'.repeat(5000)}</html>`}, '/b': {body: '203.0.113.9'}}
    expect(await ask(['/a', '/b'])).toBe('203.0.113.9')
  })

  test('the family that is asked for is the one that counts', async () => {
    answers = {'/4': {body: '203.0.113.9'}, '/6': {body: '2001:db8::9'}}
    expect(await ask(['/6', '/4'], 4)).toBe('203.0.113.9')
    expect(await ask(['/4', '/6'], 6)).toBe('2001:db8::9')
  })

  test('when none tells it, what each said is told, and no path, login or answer', async () => {
    answers = {'/a': 'reset', '/b': {status: 500}, '/c': {body: 'hush'}, '/d': {body: '10.0.0.1'}}
    const error = await ask(['/a', '/b', '/c', '/d?hush']).catch((reason: unknown) => reason)
    const host = new URL(server.url).host
    expect(error).toMatchObject({
      code: 'ADDRESS_UNKNOWN',
      exit: 3,
      message: "this machine's public IPv4 address cannot be found",
      excerpt: `  ${host}: ECONNRESET
  ${host}: answers with HTTP 500
  ${host}: answers with no IPv4 address
  ${host}: answers with HTTP 404`,
    })
    expect(JSON.stringify(error)).not.toContain('hush')
  })

  test('a service that is silent, or shows a page, is told as that', async () => {
    answers = {'/a': 'silence', '/b': {body: 'x'.repeat(5000)}}
    const host = new URL(server.url).host
    await expect(ask(['/a', '/b'])).rejects.toMatchObject({
      excerpt: `  ${host}: no answer within 3 s\n  ${host}: answers with a page`,
    })
  })

  test('an abort ends the asking with its reason, and the next is not asked', async () => {
    answers = {'/a': 'silence', '/b': {body: '203.0.113.9'}}
    const stop = new AbortController()
    const address = ask(['/a', '/b'], 4, stop.signal)
    const reason = new Error('reason')
    const refused = expect(address).rejects.toBe(reason)
    await until(
      () => asked().length === 1,
      () => 'the request',
    )
    stop.abort(reason)
    await refused
    expect(asked()).toEqual(['/a'])
  })

  test('aborted before: nobody is asked', async () => {
    const reason = new Error('reason')
    await expect(ask(['/a'], 4, AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(asked()).toEqual([])
  })
})
