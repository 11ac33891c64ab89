import {createServer, type Socket} from 'node:net'
import {expect, onTestFinished, test} from 'vitest'
import {acceptsConnections} from '../../../src/lib/embedded/handshake.js'

/** The port of a program that deals with each connection as told. */
async function listen(deal: (socket: Socket) => void): Promise<number> {
  const server = createServer(deal)
  onTestFinished(() => {
    server.close()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

test('a server that says nothing, being stopped or stuck, is not waited for', async () => {
  const port = await listen((socket) => socket.resume())
  expect(await acceptsConnections(port)).toBe(false)
})

test('the connection is closed as soon as there is an answer', async () => {
  let closed = (): void => {}
  const end = new Promise<void>((resolve) => {
    closed = resolve
  })
  const port = await listen((socket) => {
    socket.once('data', () => socket.write('R'))
    socket.once('close', closed)
  })
  expect(await acceptsConnections(port)).toBe(true)
  await end
})
