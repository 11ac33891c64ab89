import {createServer, type RequestListener, type ServerResponse} from 'node:http'
import {describe, expect, test} from 'vitest'
import type {AddressAnswer} from '../support/aws/address-server.js'
import {listen} from '../support/aws/server.js'
import {OWN, onRuleStage, RULE, TARGET} from '../support/rule-stage.js'

const NEXT = '203.0.113.10'
const V6 = {cidrIpv6: '2001:db8::1/128'}
const NEXT_V6 = '2001:db8::10'

type Answer = AddressAnswer | 'reset' | 'silence'

/** The first service answers so, the second with an address that is right. */
const firstSays = (first: Answer, next: string) => (path: string) =>
  path === '/first' ? first : {body: `${next}\n`}

/** Expects that the next service's address is taken when the first answers so. */
function expectNext(first: Answer, rule = {}): Promise<void> {
  const next = 'cidrIpv6' in rule ? NEXT_V6 : NEXT
  return onRuleStage({rule, answer: firstSays(first, next)}, async (stage) => {
    const {asked, changes, run, services} = stage
    const env = {CRUDDUR_DB_IP_URLS: `${services}/first,${services}/second`}
    const {code, stderr} = await run([], env)
    expect([code, stderr]).toEqual([0, TARGET])
    expect(changes().map(({CidrIpv4, CidrIpv6}) => CidrIpv4 ?? CidrIpv6)).toEqual([
      `${next}/${next === NEXT ? 32 : 128}`,
    ])
    expect(asked()).toEqual(['/first', '/second'])
  })
}

/** A page as a captive portal has it: longer than any address. */
const PAGE = `<html><body>${'Please log in to use the Wi-Fi. '.repeat(100)}${OWN}</body></html>`

describe.concurrent('an address service that gives no address of this machine: the next one is asked', () => {
  test.each<[string, Answer]>([
    ['ends the connection', 'reset'],
    ['fails, though it names one', {status: 500, body: OWN}],
    ['is over its limit', {status: 429, body: OWN}],
    ['redirects', {status: 302, body: OWN}],
    ['says nothing', {body: ''}],
    ['has nothing to say', {status: 204}],
    ['shows a short page', {body: `<html>${OWN}</html>`}],
    ['shows a page', {body: PAGE}],
    ['shows a page with an error', {status: 503, body: PAGE}],
    ['shows a page of a megabyte', {body: PAGE.repeat(300)}],
    ['gives the address among many blanks', {body: `${OWN}${' '.repeat(200)}`}],
    ['gives JSON', {body: `{"ip":"${OWN}"}`}],
    ['gives a network', {body: '0.0.0.0/0'}],
    ['gives the address as a network', {body: `${OWN}/32`}],
    ['gives two', {body: `${OWN}\n203.0.113.11\n`}],
    ['gives two, as proxies do', {body: `${OWN}, 10.0.0.1`}],
    ['gives control characters', {body: `${OWN}\u0000`}],
    ['gives a private address', {body: '10.0.0.1'}],
    ['gives a shared one of a provider', {body: '100.64.0.1'}],
    ['gives loopback', {body: '127.0.0.1'}],
    ['gives 0.0.0.0', {body: '0.0.0.0'}],
    ['gives multicast', {body: '224.0.0.1'}],
    ['gives an IPv6 address for a rule of IPv4', {body: '2001:db8::9'}],
  ])('%s', (_, first) => expectNext(first))

  test.each<[string, string]>([
    ['an IPv4 address', OWN],
    ['an IPv4 address in the clothes of IPv6', `::ffff:${OWN}`],
    ['the same, written out', `0:0:0:0:0:ffff:${OWN}`],
    ['loopback', '::1'],
    ['loopback, written out', '0:0:0:0:0:0:0:1'],
    ['nothing, written out', '0:0:0:0:0:0:0:0'],
    ['a link-local address', 'fe80::1%eth0'],
    ['an address with a zone', '2001:db8::9%eth0'],
    ['a private address', 'fd00::1'],
    ['multicast', 'FF02::1'],
  ])('for a rule of IPv6: gives %s', (_, body) => expectNext({body}, V6))

  test.each<[string, Answer]>([
    ['is silent', 'silence'],
    ['takes longer than 3 s', {body: OWN, delayMs: 4000}],
  ])('%s', (_, first) => expectNext(first))
})

const stream = (response: ServerResponse, piece: string, everyMs: number): void => {
  response.writeHead(200, {'content-type': 'text/plain'})
  const timer = setInterval(() => response.write(piece), everyMs)
  response.once('close', () => clearInterval(timer))
}

function pour(response: ServerResponse): void {
  response.writeHead(200)
  const more = (): void => {
    while (!response.destroyed && response.write(`${OWN} `.repeat(1000)));
    response.once('drain', more)
  }
  more()
}

describe.concurrent('an address service that does not keep to HTTP as it should be', () => {
  test.each<[string, (response: ServerResponse) => void]>([
    ['a body without end', pour],
    ['a body that drips', (response) => stream(response, '2', 200)],
    ['an address, and blanks that drip behind it', (response) => stream(response, ' ', 200)],
    [
      'a body that is cut off',
      (response) => {
        response.writeHead(200, {'content-length': 100}).write(OWN, () => response.destroy())
      },
    ],
    [
      'a redirection to somebody else',
      (response) => {
        response.writeHead(302, {location: '/elsewhere'}).end(OWN)
      },
    ],
    [
      'headers without end',
      (response) => {
        response.socket?.write(`HTTP/1.1 200 OK\r\nX: ${'a'.repeat(100_000)}`)
      },
    ],
    [
      'another protocol',
      (response) => {
        response.socket?.end('SSH-2.0-OpenSSH_9.6\r\n')
      },
    ],
  ])('%s: the next one is asked', async (_, first) => {
    const paths: string[] = []
    const listener: RequestListener = ({url = ''}, response) => {
      paths.push(url)
      if (url === '/first') first(response)
      else response.end(url === '/second' ? NEXT : '203.0.113.66')
    }
    const server = await listen(createServer(listener))
    try {
      await onRuleStage({}, async ({changes, run}) => {
        const started = Date.now()
        const {code, stderr} = await run([], {
          CRUDDUR_DB_IP_URLS: `${server.url}/first ${server.url}/second`,
        })
        expect([code, stderr]).toEqual([0, TARGET])
        expect(changes()).toMatchObject([{CidrIpv4: `${NEXT}/32`}])
        expect(paths).toEqual(['/first', '/second'])
        expect(Date.now() - started).toBeLessThan(8000)
      })
    } finally {
      await server.close()
    }
  })
})

describe.concurrent('no address service gives one', () => {
  const answers: Record<string, Answer> = {
    '/1': 'reset',
    '/2': {status: 503, body: OWN},
    '/3': {body: '<html></html>'},
    '/4': {body: '192.168.1.7'},
  }

  test('each is named with what it said, and so is the way out', () =>
    onRuleStage({answer: (path) => answers[path] ?? 'reset'}, async ({changes, run, services}) => {
      const host = new URL(services).host
      const urls = ['/1', '/2', '/3', '/4'].map((path) => services + path)
      const env = {
        CRUDDUR_DB_IP_URLS: [...urls, 'http://127.0.0.1:1/', 'http://no.invalid/'].join('\n'),
      }
      expect(await run([], env)).toEqual({
        code: 3,
        stdout: '',
        stderr: `${TARGET}Error: this machine's public IPv4 address cannot be found
  ${host}: ECONNRESET
  ${host}: answers with HTTP 503
  ${host}: answers with no IPv4 address
  ${host}: answers with a private address
  127.0.0.1:1: ECONNREFUSED
  no.invalid: ENOTFOUND
  → name it: --ip ADDRESS, or GITPOD_IP=ADDRESS
`,
      })
      expect(changes()).toEqual([])
    }))

  test('the family that was looked for is named', () =>
    onRuleStage({rule: V6, answer: () => ({body: OWN})}, async ({json}) => {
      expect(await json()).toMatchObject({
        code: 3,
        json: {
          error: {
            code: 'ADDRESS_UNKNOWN',
            message: "this machine's public IPv6 address cannot be found",
            hint: 'name it: --ip ADDRESS, or GITPOD_IP=ADDRESS',
          },
        },
      })
    }))

  test('what a service says is never shown', () =>
    onRuleStage({answer: () => ({body: '\u001b[2Jhostile'})}, async ({run}) => {
      const {code, stderr} = await run()
      expect([code, stderr]).toEqual([3, expect.stringContaining('answers with no IPv4 address')])
      expect(stderr).not.toContain('\u001b')
      expect(stderr).not.toContain('hostile')
    }))
})

describe.concurrent('CRUDDUR_DB_IP_URLS', () => {
  test('is not asked when the address is named', () =>
    onRuleStage({}, async ({asked, run}) => {
      expect((await run(['--ip', OWN], {CRUDDUR_DB_IP_URLS: 'nonsense'})).code).toBe(0)
      expect(asked()).toEqual([])
    }))

  test('is asked in its order, and no further than needed', () =>
    onRuleStage({}, async ({asked, run, services}) => {
      const env = {CRUDDUR_DB_IP_URLS: ` ${services}/b ,\n\t${services}/a, `}
      expect((await run([], env)).code).toBe(0)
      expect(asked()).toEqual(['/b'])
    }))

  test.each([
    'file:///etc/passwd',
    'ftp://127.0.0.1/',
    'data:,203.0.113.66',
    'javascript:1',
    '127.0.0.1',
    'http://',
    'http://[::1',
    'http://127.0.0.1:99999/',
  ])('that holds %s is refused, without repeating it', (url) =>
    onRuleStage({}, async ({asked, changes, json, services}) => {
      const env = {CRUDDUR_DB_IP_URLS: `${services}/good,${url}`}
      expect(await json([], env)).toEqual({
        code: 2,
        json: {
          error: {
            code: 'CONFIGURATION',
            message: 'CRUDDUR_DB_IP_URLS holds what is no http URL',
            hint: 'write addresses such as https://checkip.amazonaws.com/, separated by commas',
          },
        },
      })
      expect([asked(), changes()]).toEqual([[], []])
    }),
  )

  test('a password or a token in it is not shown', () =>
    onRuleStage({}, async ({run}) => {
      const env = {CRUDDUR_DB_IP_URLS: 'http://me:hush1@127.0.0.1:1/?token=hush2'}
      const {code, stderr} = await run([], {...env, DEBUG: '*'})
      expect([code, stderr]).toEqual([3, expect.stringContaining('127.0.0.1:1: ECONNREFUSED')])
      expect(stderr).not.toMatch(/hush/)
    }))

  test('an address of it is the only one the rule is opened to', () =>
    onRuleStage({answer: () => ({body: '\ufeff\r\n 203.0.113.20 \r\n'})}, async ({fake, run}) => {
      expect((await run()).code).toBe(0)
      expect(fake.rules.get(RULE)?.cidrIpv4).toBe('203.0.113.20/32')
    }))
})
