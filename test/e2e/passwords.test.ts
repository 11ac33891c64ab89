import {afterAll, beforeAll, expect, test} from 'vitest'
import {runProgram} from '../support/program.js'
import {makeAuthority} from '../support/tls.js'
import {startTlsServer, type TlsServer} from '../support/tls-server.js'

const WAYS = ['scram-sha-256', 'md5', 'password'] as const
const PASSWORD = 'p:"ss€ ﬁ'

let server: TlsServer

beforeAll(async () => {
  server = await startTlsServer()
  for (const way of WAYS) {
    const stored = way === 'md5' ? 'md5' : 'scram-sha-256'
    await server.query(
      `SET password_encryption = '${stored}'; CREATE ROLE "by ${way}" LOGIN PASSWORD '${PASSWORD}'`,
    )
  }
  const authority = await makeAuthority('Test authority')
  await server.behave({
    identity: await authority.issue({name: 'server', hosts: ['localhost']}),
    admits: WAYS.map((way) => `host all "by ${way}" 127.0.0.1/32 ${way}`),
  })
})
afterAll(() => server.close())

async function logIn(user: string, password: string, query = 'sslmode=disable') {
  const [name, secret] = [encodeURIComponent(user), encodeURIComponent(password)]
  const url = `postgres://${name}:${secret}@127.0.0.1:${server.port}/postgres?${query}`
  const {code, stdout} = await runProgram(['sessions', '--json', '--url', url])
  return {code, error: JSON.parse(stdout).error?.code}
}

test.each(WAYS)('%s lets in who has the password, and nobody else', async (way) => {
  expect(await logIn(`by ${way}`, PASSWORD)).toEqual({code: 0, error: undefined})
  expect(await logIn(`by ${way}`, 'wrong')).toEqual({code: 3, error: 'LOGIN_FAILED'})
})

test('SCRAM is bound to the channel where that is required', async () => {
  const query = 'sslmode=require&channel_binding=require'
  expect(await logIn('by scram-sha-256', PASSWORD, query)).toEqual({code: 0, error: undefined})
})
