import {lookup as lookUp} from 'node:dns/promises'
import {hostname, networkInterfaces} from 'node:os'
import {describe, expect, test} from 'vitest'
import {isAlias} from '../../../../src/lib/postgres/connection/alias.js'
import type {HostAddress} from '../../../../src/lib/target/target.js'

const RDS = 'cruddur.c1ab.ca-central-1.rds.amazonaws.com'

type Answer = readonly string[] | string

/** The hosts of a list like `a,b;5433,c=10.0.0.1`: behind `;` stands the port, behind `=` the hostaddr. */
function hosts(list: string): HostAddress[] {
  return list.split(',').map((text) => {
    const [, host = '', address, port] = /^(.*?)(?:=(.*?))?(?:;(\d+))?$/.exec(text) ?? []
    return {host, port: Number(port ?? 5432), ...(address ? {address} : {})}
  })
}

/** A name server: addresses of a name, or the code of its failure; never an answer for what it does not know. */
function nameServer(names: Record<string, Answer> = {}) {
  const asked: string[] = []
  const lookup = (name: string): Promise<{address: string}[]> => {
    asked.push(name)
    const answer = names[name]
    if (answer === undefined) return new Promise(() => {})
    if (typeof answer !== 'string') return Promise.resolve(answer.map((address) => ({address})))
    return Promise.reject(Object.assign(new Error(`getaddrinfo ${answer} ${name}`), {code: answer}))
  }
  return {asked, lookup}
}

const own = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({internal}) => !internal)?.address

const resolvable = await lookUp(hostname()).then(
  () => true,
  () => false,
)

describe('an alias is known', () => {
  test.each<[string, string, Record<string, Answer>]>([
    ['db', RDS, {db: ['10.0.0.9'], [RDS]: ['10.0.0.9']}],
    ['db', 'p', {db: ['10.0.0.1', '10.0.0.2'], p: ['10.0.0.3', '10.0.0.2']}],
    ['10.0.0.9', RDS, {[RDS]: ['10.0.0.9']}],
    ['db', '10.0.0.9', {db: ['10.0.0.9']}],
    ['db', '2001:DB8:0::7', {db: ['2001:db8::7']}],
    ['::ffff:10.0.0.9', 'p', {p: ['10.0.0.9']}],
    ['db', 'p', {db: ['::ffff:a00:9'], p: ['10.0.0.9']}],
    ['fe80::1%eth0', 'p', {p: ['fe80::1%eth1']}],
    ['one,two', 'p,q', {one: ['10.0.0.1'], two: ['10.0.0.2'], p: ['10.0.0.3'], q: ['10.0.0.2']}],
    ['h;1,db;2', 'p;2,q;3', {db: ['10.0.0.2'], p: ['10.0.0.2']}],
    ['tunnel=10.0.0.9', 'p', {p: ['10.0.0.9']}],
    ['db', `${RDS}=10.0.0.9`, {db: ['10.0.0.9']}],
    ['db', 'localhost', {db: ['127.0.1.1']}],
    ['/var/run/postgresql', 'p', {p: ['127.0.0.1']}],
    ['127.0.0.53', 'p', {p: ['::1']}],
    ['0.0.0.0', 'p', {p: ['::ffff:127.0.0.1']}],
    ['::', 'p', {p: ['127.0.0.1']}],
  ])('%s where production is %s', async (target, production, names) => {
    const {lookup} = nameServer(names)
    expect(await isAlias(hosts(target), hosts(production), {lookup})).toBe('same')
    expect(await isAlias(hosts(production), hosts(target), {lookup})).toBe('same')
  })

  test.skipIf(own === undefined)('by an address of this machine', async () => {
    const {lookup, asked} = nameServer({p: [own ?? '']})
    expect(await isAlias(hosts('localhost'), hosts('p'), {lookup})).toBe('same')
    expect(await isAlias([{host: own ?? '', port: 1}], hosts('/tmp;1'), {lookup})).toBe('same')
    expect(asked).toEqual(['p'])
  })

  test('with no lookup where the names say it', async () => {
    const {lookup, asked} = nameServer()
    const answers = await Promise.all([
      isAlias(hosts('P.'), hosts('p'), {lookup}),
      isAlias(hosts('/tmp'), hosts('LOCALHOST'), {lookup}),
      isAlias(hosts(`${RDS}=127.0.0.1`), hosts('localhost'), {lookup}),
      isAlias(hosts('slow,p'), hosts('p'), {lookup}),
    ])
    expect(answers).toEqual(['same', 'same', 'same', 'same'])
    expect(asked).toEqual([])
  })

  test('at once, without waiting for the other names', async () => {
    const {lookup, asked} = nameServer({db: ['10.0.0.9'], p: ['10.0.0.9']})
    const started = performance.now()
    const answer = await isAlias(hosts('slow,db'), hosts('slower,p'), {lookup, limitMs: 20_000})
    expect(answer).toBe('same')
    expect(performance.now() - started).toBeLessThan(1000)
    expect(asked.sort()).toEqual(['db', 'p', 'slow', 'slower'])
  })

  test.skipIf(!resolvable)("by the system's own lookup", async () => {
    expect(await isAlias(hosts(hostname()), hosts('localhost'))).toBe('same')
  })
})

describe('another server is known', () => {
  test.each<[string, string, Record<string, Answer>]>([
    ['db', RDS, {db: ['10.0.0.8'], [RDS]: ['10.0.0.9']}],
    ['10.0.0.8', RDS, {[RDS]: ['10.0.0.9']}],
    ['db', 'localhost', {db: ['10.255.255.254']}],
    ['tunnel=10.0.0.8', 'p', {p: ['10.0.0.9'], tunnel: ['10.0.0.9']}],
    ['h;1,db;2', 'p;2,q;1', {h: ['10.0.0.1'], db: ['10.0.0.2'], p: ['10.0.0.1'], q: ['10.0.0.2']}],
    // What does not exist is not production's, whatever that one's name leads to.
    ['gone', 'p', {gone: 'ENOTFOUND', p: ['10.0.0.9']}],
    ['gone', 'p', {gone: 'ENOTFOUND', p: 'EAI_AGAIN'}],
    ['gone', 'slow', {gone: 'ENOTFOUND'}],
    ['localhost', 'p', {p: 'ENOTFOUND'}],
  ])('%s where production is %s', async (target, production, names) => {
    const {lookup} = nameServer(names)
    expect(await isAlias(hosts(target), hosts(production), {lookup})).toBe('other')
  })

  test.each([
    ['db;5433', 'p'],
    ['10.0.0.8', '10.0.0.9'],
    ['localhost', RDS],
    ['/tmp', RDS],
    ['127.0.0.1,::1;5433', `${RDS},${RDS};5433`],
    [RDS, 'localhost'],
  ])('%s where production is %s, with no lookup', async (target, production) => {
    const {lookup, asked} = nameServer()
    expect(await isAlias(hosts(target), hosts(production), {lookup})).toBe('other')
    expect(asked).toEqual([])
  })

  test('each name is looked up once, and only those of equal ports', async () => {
    const {lookup, asked} = nameServer({a: ['10.0.0.1'], p: ['10.0.0.2'], q: ['10.0.0.3']})
    expect(await isAlias(hosts('a,a,x;1'), hosts('p,q,y;2'), {lookup})).toBe('other')
    expect(asked.sort()).toEqual(['a', 'p', 'q'])
  })
})

describe('it stays unknown', () => {
  test.each<[string, string, Record<string, Answer>]>([
    ['db', 'p', {db: 'EAI_AGAIN', p: ['10.0.0.9']}],
    ['db', 'p', {db: ['10.0.0.9'], p: 'EAI_FAIL'}],
    ['db', 'p,q', {db: ['10.0.0.9'], p: ['10.0.0.8'], q: 'EAI_AGAIN'}],
    // A name may be known in a VPN only, and its address lead there all the same.
    ['db', 'p', {db: ['10.0.0.9'], p: 'ENOTFOUND'}],
    ['10.0.0.9', 'p', {p: 'ENOTFOUND'}],
  ])('whether %s is %s when a lookup fails', async (target, production, names) => {
    const {lookup} = nameServer(names)
    expect(await isAlias(hosts(target), hosts(production), {lookup})).toBe('unknown')
  })

  test('when there is no answer in time', async () => {
    const {lookup} = nameServer({p: ['10.0.0.9']})
    const started = performance.now()
    expect(await isAlias(hosts('db'), hosts('p'), {lookup, limitMs: 100})).toBe('unknown')
    expect(performance.now() - started).toBeLessThan(1000)
  })
})

test('the signal ends the waiting with its reason', async () => {
  const {lookup} = nameServer()
  const reason = new Error('stop')
  const controller = new AbortController()
  const answer = isAlias(hosts('db'), hosts('p'), {lookup, signal: controller.signal})
  controller.abort(reason)
  await expect(answer).rejects.toBe(reason)
})
