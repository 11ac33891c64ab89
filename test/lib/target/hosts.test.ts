import {describe, expect, test} from 'vitest'
import {describeTarget} from '../../../src/lib/target/target.js'
import {contextOf, problemsOf, targetOf} from './fixtures.js'

describe('the servers of a target', () => {
  test.each([
    ['postgres:///d', {}, 'andrew@localhost:5432/d'],
    ['postgres://h/d', {}, 'andrew@h:5432/d'],
    ['postgres://[::1]/d', {}, 'andrew@[::1]:5432/d'],
    ['postgres://h1:1,h2,[::1]:3/d', {}, 'andrew@h1:1,h2:5432,[::1]:3/d'],
    ['postgres:///d?host=a,::1&port=7', {}, 'andrew@a:7,[::1]:7/d'],
    ['postgres:///d?host=a,b&port=1,', {}, 'andrew@a:1,b:5432/d'],
    ['postgres:///d?host=/tmp', {}, 'andrew@/tmp:5432/d'],
    ['postgres:///d?hostaddr=10.0.0.1', {}, 'andrew@10.0.0.1:5432/d'],
    ['postgres:///d', {PGHOST: 'e', PGPORT: '6', PGUSER: 'eve'}, 'eve@e:6/d'],
    ['postgres://u@h:7/d', {PGHOST: 'e', PGPORT: '6', PGUSER: 'eve'}, 'u@h:7/d'],
    ['postgres://h/d', {PGHOST: 'e', PGPORT: '6'}, 'andrew@h:6/d'],
    ['postgres://:7/d', {PGHOST: '/run/postgresql'}, 'andrew@/run/postgresql:7/d'],
    ['postgres:///d', {PGHOST: 'e1,e2', PGPORT: '6,7'}, 'andrew@e1:6,e2:7/d'],
    [
      'postgres:///d',
      {PGHOST: '', PGPORT: '', PGUSER: '', PGPASSWORD: ''},
      'andrew@localhost:5432/d',
    ],
    ['postgres://h/d', {PGDATABASE: 'other'}, 'andrew@h:5432/d'],
  ])('%s with %j are %s', (url, env, shown) => {
    expect(describeTarget(targetOf(url, contextOf(env)))).toBe(shown)
  })

  test('hostaddr is dialled and the host keeps its name', () => {
    expect(targetOf('postgres://h1:1,h2:2/d?hostaddr=10.0.0.1,::1').hosts).toEqual([
      {host: 'h1', port: 1, address: '10.0.0.1'},
      {host: 'h2', port: 2, address: '::1'},
    ])
  })

  test('PGHOSTADDR does not lead a host of the URL elsewhere', () => {
    const context = contextOf({PGHOSTADDR: '10.0.0.9'})
    expect(targetOf('postgres://h/d', context).hosts).toEqual([{host: 'h', port: 5432}])
    expect(targetOf('postgres:///d', context).hosts).toEqual([
      {host: '10.0.0.9', port: 5432, address: '10.0.0.9'},
    ])
  })
})

describe('servers that cannot be', () => {
  const port = 'the port must be a number from 1 to 65535'
  const count = '--url: the host and the port or hostaddr differ in number: write one for each'
  const character =
    'holds a character that no host name has: write a name, an IP address or a folder'

  test.each([
    ['postgres://h:0/d', {}, [`--url: ${port}`]],
    ['postgres://h:65536/d', {}, [`--url: ${port}`]],
    ['postgres:///d?port=abc', {}, [`--url: ${port}`]],
    ['postgres:///d', {PGPORT: 'abc'}, ['PGPORT must be a number from 1 to 65535']],
    ['postgres://h1,h2,h3/d?port=1,2', {}, [count]],
    ['postgres://h/d?hostaddr=10.0.0.1,10.0.0.2', {}, [count]],
    ['postgres://h1,h2/d?hostaddr=10.0.0.1', {}, [count]],
    [
      'postgres://h1,,h2/d',
      {},
      ['--url: the host is empty in the list: write it, or remove a comma'],
    ],
    ['postgres://a%20b/d', {}, [`--url: the host ${character}`]],
    ['postgres://a%22b/d', {}, [`--url: the host ${character}`]],
    [
      'postgres:///d?host=[::1]',
      {},
      ['--url: the host has brackets: write the address without them here'],
    ],
    [
      'postgres:///d?host=%40x',
      {},
      ['--url: the host is an abstract socket, which is not supported: write a folder'],
    ],
    ['postgres:///d?hostaddr=localhost', {}, ['--url: hostaddr must be an IP address']],
    ['postgres:///d', {PGHOST: 'a b'}, [`PGHOST ${character}`]],
    [
      'postgres://h/d',
      {PGUSER: 'u'.repeat(64)},
      ['PGUSER has 64 bytes: shorten it to the 63 that PostgreSQL takes'],
    ],
  ])('%s with %j is refused', (url, env, problems) => {
    expect(problemsOf(() => targetOf(url, contextOf(env)))).toEqual(problems)
  })

  test('nor can a target without a user, where the system has no name for it', () => {
    const context = {...contextOf(), osUser: ''}
    expect(problemsOf(() => targetOf('postgres://h/d', context))).toEqual([
      '--url: it names no user: write one before the host',
    ])
  })
})
