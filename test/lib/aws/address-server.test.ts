import {afterEach, expect, test} from 'vitest'
import {type AddressServer, startAddressServer} from '../../support/aws/address-server.js'

let server: AddressServer | undefined

afterEach(() => server?.close())

test('answers each path as told, and keeps what was asked', async () => {
  server = await startAddressServer((path) => {
    return path === '/ip' ? {body: '203.0.113.9\n'} : {status: 502, body: 'Bad Gateway'}
  })
  const first = await fetch(`${server.url}/ip`)
  expect([first.status, await first.text()]).toEqual([200, '203.0.113.9\n'])
  expect((await fetch(server.url)).status).toBe(502)
  expect(server.requests.map(({path}) => path)).toEqual(['/ip', '/'])
})

test('answers late', async () => {
  server = await startAddressServer(() => ({body: '203.0.113.9', delayMs: 100}))
  const start = performance.now()
  await fetch(server.url)
  expect(performance.now() - start).toBeGreaterThan(95)
})

test('ends the connection', async () => {
  server = await startAddressServer(() => 'reset')
  await expect(fetch(server.url)).rejects.toMatchObject({cause: {code: 'ECONNRESET'}})
})

test('never answers, and is closed all the same', async () => {
  server = await startAddressServer(() => 'silence')
  const outcome = fetch(server.url).then(
    () => 'answered',
    () => 'closed',
  )
  await expect.poll(() => server?.requests.length).toBe(1)
  await server.close()
  server = undefined
  expect(await outcome).toBe('closed')
})
