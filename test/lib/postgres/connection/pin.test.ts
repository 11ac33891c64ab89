import {createServer} from 'node:net'
import {describe, expect, test} from 'vitest'
import {pinned, withClient} from '../../../../src/lib/postgres/connection/connect.js'
import type {HostAddress, Target} from '../../../../src/lib/target/target.js'
import {targetOf} from '../../../support/target.js'
import {welcome} from '../../../support/wire.js'

/** Where a target is pinned to that names these hosts; one server listens behind all of them. */
async function pinnedHosts(
  hosts: (port: number) => Target['hosts'],
): Promise<{port: number; hosts: readonly HostAddress[]}> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.write(welcome))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const plain = {...targetOf('d').tls, mode: 'disable' as const}
  const target = targetOf('d', {tls: plain, hosts: hosts(port)})
  try {
    const same = await withClient(target, async (client) => pinned(target, client).hosts)
    return {port, hosts: same}
  } finally {
    server.close()
  }
}

describe('a target is pinned', () => {
  test('to the host of several that answered', async () => {
    const {port, hosts} = await pinnedHosts((port) => [
      {host: '127.0.0.1', port: 1},
      {host: '127.0.0.1', port},
    ])
    expect(hosts).toEqual([{host: '127.0.0.1', port}])
  })

  test('to the address that a name led to, under its name', async () => {
    const {port, hosts} = await pinnedHosts((port) => [{host: 'localhost', port}])
    expect(hosts).toEqual([{host: 'localhost', port, address: '127.0.0.1'}])
  })

  test('to the address that stands in the URL', async () => {
    const {port, hosts} = await pinnedHosts((port) => [
      {host: 'db.invalid', port, address: '127.0.0.1'},
    ])
    expect(hosts).toEqual([{host: 'db.invalid', port, address: '127.0.0.1'}])
  })
})
