import {describe, expect, test} from 'vitest'
import {describeTarget} from '../../../src/lib/target/target.js'
import {readUrl} from '../../../src/lib/target/url.js'
import {contextOf, errorOf, problemsOf, targetOf} from './fixtures.js'

/** What a URL says, by libpq's parameter names; or the one problem, or all of them. */
type Expected = Record<string, string> | string | string[]

function readingOf(url: string): Expected {
  const {values, problems} = readUrl(url)
  if (problems.length > 1) return [...problems]
  return problems[0] ?? Object.fromEntries(values)
}

const STRAY_AT =
  'an "@" stands behind the host. Is it the end of the password? Then write the "@", "/", "?" and "#" ' +
  'within the password as %40, %2F, %3F and %23. Otherwise write it as %40'
const PLACEHOLDER =
  'put the real value there (a "<", "$", "{" or "[" of its own is written %3C, %24, %7B, %5B)'
const BLANKS = 'the value has blanks or invisible characters around it: remove them'
const QUOTES = 'the value has quotes around it: remove them'
const NO_DATABASE = 'it names no database: add its name behind the host, as /cruddur'
const NO_SCHEME = 'the value has no scheme: begin it with postgres://'
const BEFORE = 'something stands before the URL: remove it, so that postgres:// comes first'
const NO_PORT =
  'the port is no number: if it is the password, "@" and the host are missing behind it'
const KB = 'k'.repeat(1024)

const table: Record<string, [url: string, expected: Expected][]> = {
  'the shapes of a URL': [
    ['postgres://u:p@h:1/d', {user: 'u', password: 'p', host: 'h', port: '1', dbname: 'd'}],
    ['postgresql://h/d', {host: 'h', dbname: 'd'}],
    ['PostGres://H/D', {host: 'H', dbname: 'D'}],
    ['postgres:///d', {dbname: 'd'}],
    ['postgres://u@/d', {user: 'u', dbname: 'd'}],
    ['postgres://:5433/d', {port: '5433', dbname: 'd'}],
    ['postgres://h:/d', {host: 'h', dbname: 'd'}],
    ['postgres://u:@h/d', {user: 'u', host: 'h', dbname: 'd'}],
    [
      'postgres://?dbname=d&user=u&password=p&host=h&port=1',
      {dbname: 'd', user: 'u', password: 'p', host: 'h', port: '1'},
    ],
    ['postgres://h?dbname=d', {host: 'h', dbname: 'd'}],
    ['postgres://h/?dbname=d', {host: 'h', dbname: 'd'}],
    ['postgres://h/d?', {host: 'h', dbname: 'd'}],
    ['postgres://h/d?sslmode=require&', {host: 'h', dbname: 'd', sslmode: 'require'}],
    ['postgres://h/d?%73slmode=require', {host: 'h', dbname: 'd', sslmode: 'require'}],
    [
      'postgres://cruddur:cruddur@h/cruddur',
      {user: 'cruddur', password: 'cruddur', host: 'h', dbname: 'cruddur'},
    ],
  ],
  'a URL without a database': [
    ['postgres://h', NO_DATABASE],
    ['postgres://h/', NO_DATABASE],
    ['postgres://u:p@h:5432?sslmode=require', NO_DATABASE],
    ['postgres://', NO_DATABASE],
    ['postgres://h/?dbname=', 'dbname has no value: write one, or take it away'],
  ],
  hosts: [
    ['postgres://h1:1,h2:2/d', {host: 'h1,h2', port: '1,2', dbname: 'd'}],
    ['postgres://h1,h2/d', {host: 'h1,h2', dbname: 'd'}],
    [
      'postgres://u:p@h1,h2:2/d',
      {user: 'u', password: 'p', host: 'h1,h2', port: ',2', dbname: 'd'},
    ],
    ['postgres:///d?host=a,b&port=1,2', {host: 'a,b', port: '1,2', dbname: 'd'}],
    ['postgres://[::1]:5432/d', {host: '::1', port: '5432', dbname: 'd'}],
    [
      'postgres://u:p@[2001:db8::7],[::1]:2/d',
      {user: 'u', password: 'p', host: '2001:db8::7,::1', port: ',2', dbname: 'd'},
    ],
    ['postgres://[fe80::1%25eth0]/d', {host: 'fe80::1%eth0', dbname: 'd'}],
    ['postgres:///d?host=/var/run/postgresql', {host: '/var/run/postgresql', dbname: 'd'}],
    ['postgres://%2Fvar%2Frun/d', {host: '/var/run', dbname: 'd'}],
    ['postgres://u@%2Ftmp:5433/d', {user: 'u', host: '/tmp', port: '5433', dbname: 'd'}],
    ['postgres://h/d?hostaddr=10.0.0.1', {host: 'h', hostaddr: '10.0.0.1', dbname: 'd'}],
    ['postgres://[::1:5432/d', 'the host has "[" without an address and "]": write [::1]'],
    ['postgres://[]/d', 'the host has "[" without an address and "]": write [::1]'],
    ['postgres://u@[::1]x/d', 'the host has "[" without an address and "]": write [::1]'],
    ['postgres://u@::1:5432/d', 'the port holds ":": put an IPv6 address into brackets, as [::1]'],
    ['postgres://u@h:abc/d', 'the port is no number: write one from 1 to 65535'],
    ['postgres://u@h:54 32/d', 'the port is no number: write one from 1 to 65535'],
    ['postgres://u@h:-1/d', 'the port is no number: write one from 1 to 65535'],
    ['postgres://u:secret/d', NO_PORT],
    ['postgres://u:se?cret=1/d', NO_PORT],
    ['postgres://my host/d', 'the host holds a blank: write %20'],
    ['postgres://h#1/d', 'the host holds "#": write %23'],
  ],
  'passwords that are escaped': [
    [
      'postgres://u:%21%40%3A%23%2F%3F%25%20@h/d',
      {user: 'u', password: '!@:#/?% ', host: 'h', dbname: 'd'},
    ],
    ['postgres://u:%F0%9F%90%98@h/d', {user: 'u', password: '🐘', host: 'h', dbname: 'd'}],
    ['postgres://u:a%0Ab@h/d', {user: 'u', password: 'a\nb', host: 'h', dbname: 'd'}],
    [
      'postgres://u:%3Cpassword%3E@h/d',
      {user: 'u', password: '<password>', host: 'h', dbname: 'd'},
    ],
    ['postgres://u:%2523@h/d', {user: 'u', password: '%23', host: 'h', dbname: 'd'}],
    [
      'postgres://h/d?user=u&password=%26%3D%23%40',
      {host: 'h', dbname: 'd', user: 'u', password: '&=#@'},
    ],
    [`postgres://u:${KB}@h/d`, {user: 'u', password: KB, host: 'h', dbname: 'd'}],
  ],
  'raw passwords that mean one thing': [
    ['postgres://u:a!b@h/d', {user: 'u', password: 'a!b', host: 'h', dbname: 'd'}],
    ['postgres://u:a:b:c@h/d', {user: 'u', password: 'a:b:c', host: 'h', dbname: 'd'}],
    ['postgres://u:a+b@h/d', {user: 'u', password: 'a+b', host: 'h', dbname: 'd'}],
    ['postgres://u:a&b=c@h/d', {user: 'u', password: 'a&b=c', host: 'h', dbname: 'd'}],
    ['postgres://u:5432@h/d', {user: 'u', password: '5432', host: 'h', dbname: 'd'}],
    [
      'postgres://u:$a"\'\\^`|~*();,@h/d',
      {user: 'u', password: '$a"\'\\^`|~*();,', host: 'h', dbname: 'd'},
    ],
    ['postgres://u:a<b>>c@h/d', `the password holds a placeholder: ${PLACEHOLDER}`],
    ['postgres://u:a<bc{d@h/d', {user: 'u', password: 'a<bc{d', host: 'h', dbname: 'd'}],
    ['postgres://u:[x@h/d', {user: 'u', password: '[x', host: 'h', dbname: 'd'}],
    ['postgres://u:👩‍👩‍👧@h/d', {user: 'u', password: '👩‍👩‍👧', host: 'h', dbname: 'd'}],
  ],
  'raw passwords that must be escaped': [
    ['postgres://u:p#w@h/d', 'the password holds "#": write %23'],
    ['postgres://u:p/w@h/d', 'the password holds "/": write %2F'],
    ['postgres://u:p?w@h/d', 'the password holds "?": write %3F'],
    ['postgres://u:p@w@h/d', 'the password holds "@": write %40'],
    ['postgres://u:p%w@h/d', 'the password holds "%": write %25'],
    ['postgres://u:p%@h/d', 'the password holds "%": write %25'],
    ['postgres://u:p w@h/d', 'the password holds a blank: write %20'],
    ['postgres://u:p\u00a0w@h/d', 'the password holds a blank: write %C2%A0'],
    ['postgres://u:p\tw@h/d', 'the password holds a tab: write %09'],
    ['postgres://u:p\nw@h/d', 'the password holds a line break: write %0A'],
    ['postgres://u:p\x1b[31mw@h/d', 'the password holds a control character: write %1B'],
    ['postgres://u:/?#@h/d', 'the password holds "/" and "?" and "#": write %2F and %3F and %23'],
    ['postgres://u:p@@@h/d', 'the password holds "@": write %40'],
    ['postgres://u:p/w@x@h/d', 'the password holds "/" and "@": write %2F and %40'],
    ['postgres://u:a%00b@h/d', 'the password holds %00, which PostgreSQL cannot store'],
    [
      'postgres://u:%ff@h/d',
      'the password has "%" escapes that are not UTF-8: write the characters in UTF-8',
    ],
    ['postgres://u:p@w/x@h/d', STRAY_AT],
    ['postgres://u:12/34@h/d', STRAY_AT],
    ['postgres://u:p/w@x?y@h/d', ['the password holds "/": write %2F', STRAY_AT]],
    ['postgres://h/d?user=a@b', STRAY_AT],
    ['postgres://h/d@x', STRAY_AT],
    ['postgres://h/d?password=a#b', 'the password holds "#": write %23'],
    ['postgres://h/d?password=a=b', 'the password holds "=": write %3D'],
    [
      'postgres://h/d?password=a&b',
      'a parameter has no "=": write name=value ("&" within a value is %26)',
    ],
    [
      'postgres://h/d?password=a&b=c',
      'a parameter behind the password is unknown: write %26 for an "&" of the password',
    ],
    [
      'postgres://h/d?sslpassword=a&b=c',
      'a parameter behind the password is unknown: write %26 for an "&" of the password',
    ],
    [
      'postgres://h/d?password=a&',
      'a parameter has no "=": write name=value ("&" within a value is %26)',
    ],
  ],
  'user names': [
    ['postgres://a%40b:p@h/d', {user: 'a@b', password: 'p', host: 'h', dbname: 'd'}],
    ['postgres://Ünï%20cøde@h/d', {user: 'Ünï cøde', host: 'h', dbname: 'd'}],
    ['postgres://a@b:p@h/d', 'the user name holds "@": write %40'],
    ['postgres://:p@h/d', 'the user name before the password or "@" is empty: write it'],
    ['postgres://@h/d', 'the user name before the password or "@" is empty: write it'],
    ['postgres://a%00@h/d', 'the user name holds %00, which PostgreSQL cannot store'],
  ],
  'database names': [
    ['postgres://h/Cruddur%20Dev', {host: 'h', dbname: 'Cruddur Dev'}],
    ["postgres://h/d'", QUOTES],
    ["postgres://h/d?application_name='", {host: 'h', dbname: 'd', application_name: "'"}],
    ["postgres://h/it's", {host: 'h', dbname: "it's"}],
    ['postgres://h/%22quoted%22', {host: 'h', dbname: '"quoted"'}],
    ['postgres://h/a"b"', {host: 'h', dbname: 'a"b"'}],
    ['postgres://h/données', {host: 'h', dbname: 'données'}],
    ['postgres://h/%E6%95%B0%E6%8D%AE', {host: 'h', dbname: '数据'}],
    ['postgres://h/d%2Fx', {host: 'h', dbname: 'd/x'}],
    ['postgres://h/a+b', {host: 'h', dbname: 'a+b'}],
    ['postgres://h/d/x', 'the database name holds "/": write %2F'],
    [
      'postgres://h/d/',
      'the database name ends in "/": remove it (%2F where it belongs to the name)',
    ],
    ['postgres://h//', 'the database name holds "/": write %2F'],
    ['postgres://h/d x', 'the database name holds a blank: write %20'],
    ['postgres://h/d#x', 'the database name holds "#": write %23'],
    ['postgres://h/d\nOTHER=1', 'the database name holds a line break: write %0A'],
    ['postgres://h/d%00', 'the database name holds %00, which PostgreSQL cannot store'],
    ['postgres://h/d%zz', 'the database name holds "%": write %25'],
  ],
  'what stands around the URL': [
    ['"postgres://h/d"', QUOTES],
    ["'postgres://h/d'", QUOTES],
    ['“postgres://h/d”', QUOTES],
    ['"postgres://h/d', QUOTES],
    ['postgres://h/d"', QUOTES],
    [' postgres://h/d', BLANKS],
    ['postgres://h/d\n', BLANKS],
    ['\u200bpostgres://h/d\u00a0', BLANKS],
    [' "postgres://u:p#w@h/d"', [BLANKS, QUOTES, 'the password holds "#": write %23']],
    ['', 'the value is empty'],
    ['  \t', 'the value holds nothing but blanks or quotes'],
    ['""', 'the value holds nothing but blanks or quotes'],
    ['CONNECTION_URL=postgres://h/d', BEFORE],
    ['psql postgresql://h/d', BEFORE],
    ['jdbc:postgresql://h/d', BEFORE],
  ],
  'what is no URL of PostgreSQL': [
    ['localhost/cruddur', NO_SCHEME],
    ['localhost:5432/cruddur', NO_SCHEME],
    ['//localhost/cruddur', NO_SCHEME],
    ['CONNECTION', NO_SCHEME],
    [
      'host=h dbname=d',
      'the value is no URL: write postgres://HOST:PORT/DATABASE in place of host=… dbname=…',
    ],
    ['postgres:h/d', 'the URL does not begin with postgres://: write two slashes behind the colon'],
    [
      'postgres:/h/d',
      'the URL does not begin with postgres://: write two slashes behind the colon',
    ],
    [
      'mysql://h/d',
      'the URL is not of PostgreSQL: it must begin with postgres:// or postgresql://',
    ],
    [
      'postgresql+psycopg2://h/d',
      'the URL is not of PostgreSQL: it must begin with postgres:// or postgresql://',
    ],
  ],
  placeholders: [
    ['\x24{DATABASE_URL}', 'the value is a placeholder: put the URL there'],
    ['$DATABASE_URL', 'the value is a placeholder: put the URL there'],
    ['<your url>', 'the value is a placeholder: put the URL there'],
    ['postgres://u:<password>@h/d', `the password holds a placeholder: ${PLACEHOLDER}`],
    ['postgres://u:<your password>@h/d', `the password holds a placeholder: ${PLACEHOLDER}`],
    ['postgres://u:p@<RDS>:5432/d', `the host holds a placeholder: ${PLACEHOLDER}`],
    ['postgres://u:p@x.<id>.rds.amazonaws.com/d', `the host holds a placeholder: ${PLACEHOLDER}`],
    ['postgres://u:[YOUR-PASSWORD]@h/d', `the password holds a placeholder: ${PLACEHOLDER}`],
    ['postgres://u:\x24{PW:-a/b}@h/d', `the password holds a placeholder: ${PLACEHOLDER}`],
    [
      'postgres://u:$PASSWORD@h/{{ database }}',
      ['password', 'database name'].map(
        (part) => `the ${part} holds a placeholder: ${PLACEHOLDER}`,
      ),
    ],
    ['postgres://h/d?sslmode=\x24{MODE}', `sslmode holds a placeholder: ${PLACEHOLDER}`],
    ['postgres://h/d?<parameters>', `a parameter's name is a placeholder: ${PLACEHOLDER}`],
  ],
  parameters: [
    [
      'postgres://h/d?options=-c%20search_path%3Da%2Bb',
      {host: 'h', dbname: 'd', options: '-c search_path=a+b'},
    ],
    ['postgres://h/d?application_name=a+b', {host: 'h', dbname: 'd', application_name: 'a+b'}],
    ['postgres://h/d?options=-c%20a=b', 'options holds "=": write %3D'],
    ['postgres://h/d?sslmode=', 'sslmode has no value: write one, or take it away'],
    [
      'postgres://h/d?sslmode',
      'a parameter has no "=": write name=value ("&" within a value is %26)',
    ],
    ['postgres://h/d?sslmod=require', 'the parameter "sslmod" is unknown: write sslmode'],
    ['postgres://h/d?SSLMODE=require', 'the parameter "SSLMODE" is unknown: write sslmode'],
    ['postgres://h/d?schema=public', 'the parameter "schema" is unknown: take it away'],
    ['postgres://h/d?__proto__=x', 'the parameter "__proto__" is unknown: take it away'],
    ['postgres://h/d?%1B[2J=x', 'the parameter "\\x1b[2J" is unknown: take it away'],
    [
      'postgres://h/d?sslmode=require&sslmode=require',
      {host: 'h', dbname: 'd', sslmode: 'require'},
    ],
    [
      'postgres://h/d?sslmode=require&sslmode=disable',
      'sslmode is given twice with different values: keep one',
    ],
    ['postgres://h/d?host=other', 'the host is given twice with different values: keep one'],
    [
      'postgres://h/d?dbname=other',
      'the database name is given twice with different values: keep one',
    ],
    [
      'postgres://u:p@h/d?user=v&password=q',
      ['user name', 'password'].map(
        (part) => `the ${part} is given twice with different values: keep one`,
      ),
    ],
    ['postgres://h/d?host=h&dbname=d', {host: 'h', dbname: 'd'}],
  ],
}

describe.each(Object.entries(table))('%s', (_, rows) => {
  test.each(rows)('%s', (url, expected) => {
    expect(readingOf(url)).toEqual(expected)
  })
})

test('every problem of a URL that can be told from the others is reported at once', () => {
  const url =
    '"postgres://us er:p#w@h:0/d/e?sslmode=bogus&service=x&pasword=y&connect_timeout=soon"'
  const error = errorOf(() => targetOf(url))
  const problems = [
    QUOTES,
    'the user name holds a blank: write %20',
    'the password holds "#": write %23',
    'the database name holds "/": write %2F',
    'the parameter "pasword" is unknown: write password',
    'the port must be a number from 1 to 65535',
    'sslmode must be one of disable, allow, prefer, require, verify-ca, verify-full: for TLS without a verified certificate write sslmode=require',
    'connect_timeout must be a whole number',
    'service is not supported: write its host, port, user and database into the URL',
  ].map((problem) => `--url: ${problem}`)
  expect(error).toMatchObject({code: 'CONFIGURATION', exit: 2, message: problems.join('\n')})
  expect(error.data).toEqual({problems})
})

describe('names of PostgreSQL', () => {
  const ä = 'ä'.repeat(31)

  test.each([
    ['63 bytes', 'd'.repeat(63)],
    ['63 bytes in 32 characters', `${ä}d`],
  ])('of %s are taken', (_, name) => {
    const target = targetOf(`postgres://${encodeURIComponent(name)}@h/${encodeURIComponent(name)}`)
    expect(target).toMatchObject({user: name, database: name})
  })

  test.each([
    ['64 bytes', 'd'.repeat(64)],
    ['64 bytes in 33 characters', `${ä}dd`],
  ])('of %s are refused, and their length is said', (_, name) => {
    expect(problemsOf(() => targetOf(`postgres://${name}@h/${name}`))).toEqual([
      '--url: the database name has 64 bytes: shorten it to the 63 that PostgreSQL takes',
      '--url: the user name has 64 bytes: shorten it to the 63 that PostgreSQL takes',
    ])
  })
})

/** A repeatable stream of numbers in [0, 1): mulberry32. */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const ALPHABET = [
  ...'abcXYZ0123456789',
  ...'!@:#/?%&=+$,;*()[]{}<>|^~`"\'\\ -_.@:#/?%@:#/?%',
  ...'éß数🐘',
  '\u00a0',
  '\u202e',
  '\t',
  '\n',
  '%41',
  '%zz',
  '&x=',
  '//',
  '://',
  'postgres://',
  '${',
  '}}',
]

function randomPasswords(count: number): string[] {
  const random = randomNumbers(20261122)
  const pick = () => ALPHABET[Math.floor(random() * ALPHABET.length)] ?? ''
  const password = () => Array.from({length: 1 + Math.floor(random() * 24)}, pick).join('')
  return Array.from({length: count}, password)
}

describe('any password', () => {
  const passwords = [...randomPasswords(600), KB, '!'.repeat(300), '%'.repeat(40)]

  test('reads back exactly when it is percent-encoded, in either place', () => {
    for (const password of passwords) {
      const encoded = encodeURIComponent(password)
      for (const url of [
        `postgres://u:${encoded}@h:1/d`,
        `postgres://u@h:1/d?password=${encoded}`,
      ]) {
        const target = targetOf(url)
        expect(target.password?.reveal()).toBe(password)
        expect(describeTarget(target)).toBe('u@h:1/d')
      }
    }
  })

  test('reads back as libpq decodes it or is refused without being shown, when it is raw', () => {
    let refused = 0
    for (const password of passwords) {
      for (const url of [
        `postgres://u:${password}@h:1/d`,
        `postgres://u@h:1/d?password=${password}`,
      ]) {
        const {values, problems} = readUrl(url)
        if (problems.length === 0) {
          expect([...values.keys()].sort()).toEqual(['dbname', 'host', 'password', 'port', 'user'])
          expect(values.get('password')).toBe(decodeURIComponent(password))
          expect(values.get('host')).toBe('h')
          continue
        }
        refused += 1
        const error = errorOf(() => targetOf(url, contextOf()))
        const shown = [error.message, error.details.hint, JSON.stringify(error.data)].join('\n')
        if (password.length >= 4) expect(shown).not.toContain(password)
        for (const piece of password.match(/[a-zA-Z0-9]{4,}/g) ?? [])
          expect(shown).not.toContain(piece)
      }
    }
    expect(refused).toBeGreaterThan(600)
  })
})
