import {once} from 'node:events'
import {connect as connectSocket} from 'node:net'
import {describe, expect, test} from 'vitest'
import {message, scriptedServer, WELCOME} from '../support/scripted-server.js'
import {until} from '../support/wait.js'
import {atEnd, brief, openTo} from './recorder-stage.js'

describe('between a scripted client and a scripted server', () => {
  const query = (sql: string): Buffer => message('Q', `${sql}\0`)
  const DONE = Buffer.concat([message('C', 'SELECT 0\0'), message('Z', 'I')])
  const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])
  const STARTUP = Buffer.from([0, 0, 0, 13, 0, 3, 0, 0, ...Buffer.from('user\0')])

  /** A server that lets everybody in and answers each query, in one client's connection. */
  async function stage(delayMs = 20) {
    const server = await scriptedServer({
      login: (socket) => {
        socket.write(WELCOME)
        socket.on('data', (data) => {
          const queries = data.toString('latin1').split('SELECT').length - 1
          for (let n = 0; n < queries; n++) socket.write(DONE)
          if (data.includes('X')) socket.end()
        })
      },
    })
    atEnd(server.close)
    const recorder = await openTo({host: '127.0.0.1', port: server.port}, {delayMs})
    const client = connectSocket(recorder.port, '127.0.0.1')
    atEnd(() => void client.destroy())
    let heard = Buffer.alloc(0)
    client.on('data', (data) => {
      heard = Buffer.concat([heard, data])
    })
    const hears = async (expected: Buffer): Promise<void> => {
      await until(
        () => heard.length >= expected.length,
        () => `${expected.length} bytes`,
      )
      expect(heard).toEqual(expected)
      heard = Buffer.alloc(0)
    }
    return {recorder, client, hears}
  }

  test('TLS is refused by the recorder, which is a round trip too', async () => {
    const {recorder, client, hears} = await stage()
    client.write(SSL_REQUEST)
    await hears(Buffer.from('N'))
    client.write(STARTUP)
    await hears(WELCOME)
    expect(brief(recorder.recording())).toEqual([['1 connect', '2 SSLRequest', '3 StartupMessage']])
  })

  test('messages sent one behind the other are one flight, and all answers come together', async () => {
    const {recorder, client, hears} = await stage(300)
    client.write(STARTUP)
    await hears(WELCOME)
    client.write(query('SELECT 1'))
    await until(
      () => brief(recorder.recording())[0]?.at(-1) === '3 SELECT 1',
      () => 'the first of them',
    )
    client.write(query('SELECT 2'))
    await hears(Buffer.concat([DONE, DONE]))
    client.write(query('SELECT 3'))
    await hears(DONE)
    expect(brief(recorder.recording())).toEqual([
      ['1 connect', '2 StartupMessage', '3 SELECT 1 SELECT 2', '4 SELECT 3'],
    ])
  })

  test('messages are told apart however their bytes come', async () => {
    const {recorder, client, hears} = await stage()
    client.setNoDelay(true)
    for (const byte of STARTUP) client.write(Buffer.from([byte]))
    await hears(WELCOME)
    client.write(Buffer.concat([query('SELECT 1'), query('SELECT 2').subarray(0, 7)]))
    client.write(query('SELECT 2').subarray(7))
    await hears(Buffer.concat([DONE, DONE]))
    expect(brief(recorder.recording())).toEqual([
      ['1 connect', '2 StartupMessage', '3 SELECT 1 SELECT 2'],
    ])
  })

  test('a client that does not wait for the end of its connection has no round trip of it', async () => {
    const {recorder, client, hears} = await stage()
    client.write(STARTUP)
    await hears(WELCOME)
    client.end(message('X'))
    client.destroy()
    await once(client, 'close')
    expect(recorder.recording()).toMatchObject({connections: [{length: 2}], depth: 2})
  })

  test('a connection that says nothing is a round trip', async () => {
    const {recorder, client} = await stage()
    await once(client, 'connect')
    await until(
      () => recorder.recording().depth === 1,
      () => 'the connection',
    )
    expect(brief(recorder.recording())).toEqual([['1 connect']])
  })
})
