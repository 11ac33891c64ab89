import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {Db} from '../../src/library/db.js'
import {makeAuthority} from '../support/tls.js'
import {startTlsServer, type TlsServer} from '../support/tls-server.js'

const AWKWARD = `p%40"\\'# x`

let server: TlsServer
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-library-tls-'))
  const authority = await makeAuthority('Test Authority')
  const another = await makeAuthority('Another Authority')
  writeFileSync(join(folder, 'ca.pem'), authority.certificate)
  writeFileSync(join(folder, 'other.pem'), another.certificate)
  server = await startTlsServer()
  const identity = await authority.issue({name: 'server', hosts: ['localhost']})
  await server.behave({identity, admits: ['hostssl all awkward 127.0.0.1/32 scram-sha-256']})
  await server.query(`CREATE ROLE awkward LOGIN PASSWORD '${AWKWARD.replaceAll("'", "''")}'`)
})
afterAll(async () => {
  await server.close()
  rmSync(folder, {force: true, recursive: true})
})

function urlWith(authority: string): string {
  const password = encodeURIComponent(AWKWARD)
  const file = encodeURIComponent(join(folder, authority))
  return `postgres://awkward:${password}@localhost:${server.port}/postgres?hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert=${file}`
}

async function isEncrypted(authority: string): Promise<unknown> {
  const db = new Db({connectionString: urlWith(authority)})
  try {
    return await db.queryObjectJson('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')
  } finally {
    await db.end()
  }
}

test('a Db verifies the server with the authority that the URL names, and logs in with an awkward password', async () => {
  expect(await isEncrypted('ca.pem')).toEqual({ssl: true})
})

test('a server of another authority is not spoken to, and the error has no password in it', async () => {
  const failure: Error = await isEncrypted('other.pem').then(
    () => new Error('it was spoken to'),
    (error: Error) => error,
  )
  expect(failure).toMatchObject({
    name: 'CruddurError',
    code: expect.stringMatching(/^TLS_/),
    exit: 3,
  })
  expect(`${failure.stack}${JSON.stringify(failure)}`).not.toMatch(/p%|p%2540/)
})
