import {describe, expect, test} from 'vitest'
import type {Environment} from '../../../src/lib/target/environment.js'
import {contextOf, problemsOf, targetOf} from './fixtures.js'

function sessionOf(query: string, env: Environment = {}) {
  return targetOf(`postgres://h/d${query}`, contextOf(env))
}

test('what is not said has its default', () => {
  expect(sessionOf('')).toMatchObject({
    applicationName: 'cruddur-db create',
    channelBinding: 'prefer',
    connectTimeoutMs: 10_000,
    keepalives: {enabled: true, idleMs: undefined},
    options: undefined,
    sessionAttributes: 'any',
    warnings: [],
  })
})

test.each([
  ['?application_name=mine', {PGAPPNAME: 'env'}, {applicationName: 'mine'}],
  ['?fallback_application_name=last', {PGAPPNAME: 'env'}, {applicationName: 'env'}],
  ['?fallback_application_name=last', {}, {applicationName: 'last'}],
  ['?connect_timeout=3', {PGCONNECT_TIMEOUT: '7'}, {connectTimeoutMs: 3000}],
  ['', {PGCONNECT_TIMEOUT: '7'}, {connectTimeoutMs: 7000}],
  ['?connect_timeout=0', {}, {connectTimeoutMs: 0}],
  ['?connect_timeout=-1', {}, {connectTimeoutMs: 0}],
  ['?connect_timeout=2147483647', {}, {connectTimeoutMs: 2147483647}],
  ['?options=-c%20work_mem%3D64MB', {PGOPTIONS: '-c a=b'}, {options: '-c work_mem=64MB'}],
  ['', {PGOPTIONS: '-c a=b'}, {options: '-c a=b'}],
  ['?target_session_attrs=read-write', {}, {sessionAttributes: 'read-write'}],
  ['', {PGTARGETSESSIONATTRS: 'primary'}, {sessionAttributes: 'primary'}],
  ['?channel_binding=require', {}, {channelBinding: 'require'}],
  ['', {PGCHANNELBINDING: 'require'}, {channelBinding: 'require'}],
  ['?keepalives=0', {}, {keepalives: {enabled: false, idleMs: undefined}}],
  [
    '?keepalives_idle=30&keepalives_interval=5&keepalives_count=3&tcp_user_timeout=9000',
    {},
    {keepalives: {enabled: true, idleMs: 30_000}},
  ],
  ['?keepalives_idle=2147483647', {}, {keepalives: {enabled: true, idleMs: 2147483647}}],
  ['?client_encoding=UTF8&gssencmode=disable&load_balance_hosts=random&replication=false', {}, {}],
  [
    '',
    {PGSERVICE: 'prod'},
    {warnings: ['PGSERVICE is set and is not used: the URL alone says where']},
  ],
])('%s with %j gives %j', (query, env, expected) => {
  expect(sessionOf(query, env)).toMatchObject(expected)
})

describe('values that a parameter does not take', () => {
  test.each([
    ['?connect_timeout=soon', {}, '--url: connect_timeout must be a whole number'],
    ['?connect_timeout=1.5', {}, '--url: connect_timeout must be a whole number'],
    ['?connect_timeout=99999999999', {}, '--url: connect_timeout must be a whole number'],
    ['', {PGCONNECT_TIMEOUT: '10s'}, 'PGCONNECT_TIMEOUT must be a whole number'],
    [
      '?client_encoding=LATIN1',
      {},
      '--url: client_encoding must be one of auto, UTF8, UTF-8, utf8, utf-8',
    ],
    ['?gssencmode=require', {}, '--url: gssencmode must be one of disable, prefer'],
    ['', {PGGSSENCMODE: 'require'}, 'PGGSSENCMODE must be one of disable, prefer'],
    ['?replication=database', {}, '--url: replication is not supported: take it away'],
    ['?require_auth=scram-sha-256', {}, '--url: require_auth is not supported: take it away'],
    ['', {PGREQUIREAUTH: 'md5'}, 'PGREQUIREAUTH is not supported: take it away'],
    ['?requirepeer=postgres', {}, '--url: requirepeer is not supported: take it away'],
    ['', {PGREQUIREPEER: 'postgres'}, 'PGREQUIREPEER is not supported: take it away'],
    [
      '?service=prod',
      {},
      '--url: service is not supported: write its host, port, user and database into the URL',
    ],
    [
      '?target_session_attrs=master',
      {},
      '--url: target_session_attrs must be one of any, read-write, read-only, primary, standby, prefer-standby',
    ],
    ['?min_protocol_version=3.2', {}, '--url: min_protocol_version must be 3.0'],
  ])('%s with %j is refused', (query, env, problem) => {
    expect(problemsOf(() => sessionOf(query, env))).toEqual([problem])
  })
})
