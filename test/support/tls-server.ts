import {randomInt} from 'node:crypto'
import {chownSync, mkdtempSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import pg from 'pg'
import {embeddedUrl, startServer, stopServer} from '../../src/lib/embedded/server.js'
import type {Certified} from './tls.js'
import {until} from './wait.js'

/** How the server is to behave from now on. */
export interface TlsBehaviour {
  /** Its certificate; absent: it has no TLS. */
  identity?: Certified | undefined
  /** Authorities of client certificates, PEM. */
  clientAuthorities?: string
  /** Lines of pg_hba.conf for everyone but the superuser. */
  admits: readonly string[]
  /** Further settings, `name: value`. */
  settings?: Record<string, string>
}

/** A real PostgreSQL whose TLS can be changed while it runs. */
export interface TlsServer {
  port: number
  /** Returns when new connections meet the server as told. */
  behave: (behaviour: TlsBehaviour) => Promise<void>
  query: (sql: string) => Promise<void>
  close: () => Promise<void>
}

const SUPERUSER = 'host all postgres 127.0.0.1/32 scram-sha-256'
/** A setting that nothing here depends on tells which turn a session has begun in. */
const MARK = 'vacuum_cost_limit'
const CHANGING = ['ssl', 'ssl_ca_file', 'ssl_min_protocol_version', 'ssl_max_protocol_version']

/** Starts a cluster of its own, of the embedded PostgreSQL. */
export async function startTlsServer(): Promise<TlsServer> {
  const home = mkdtempSync(join(tmpdir(), 'cruddur-db-tls-'))
  // A port of its own: other tests' servers begin to look at 5432.
  writeFileSync(join(home, 'port'), `${randomInt(10_240, 32_000)}\n`)
  const server = await startServer(home)
  const connectionString = `${embeddedUrl(server, 'postgres')}?sslmode=disable`
  let turn = 0

  const withAdmin = async <T>(fn: (client: pg.Client) => Promise<T>): Promise<T> => {
    const client = new pg.Client({connectionString})
    await client.connect()
    try {
      return await fn(client)
    } finally {
      await client.end()
    }
  }
  // PostgreSQL accepts a key of its own user, or root's, that nobody else may read.
  const owner = statSync(server.dataDir)
  const write = (name: string, text: string): string => {
    const path = join(server.dataDir, name)
    writeFileSync(path, text, {mode: 0o600})
    chownSync(path, owner.uid, owner.gid)
    return path
  }

  const behave: TlsServer['behave'] = async (behaviour) => {
    const {identity, clientAuthorities, admits, settings = {}} = behaviour
    turn++
    write('pg_hba.conf', [SUPERUSER, ...admits, ''].join('\n'))
    const wanted: Record<string, string> = {...settings, [MARK]: String(turn)}
    if (identity) {
      wanted['ssl_cert_file'] = write('tls.crt', identity.certificate)
      wanted['ssl_key_file'] = write('tls.key', identity.key)
      wanted['ssl'] = 'on'
    }
    if (clientAuthorities) wanted['ssl_ca_file'] = write('tls-clients.crt', clientAuthorities)
    await withAdmin(async (client) => {
      for (const name of CHANGING) await client.query(`ALTER SYSTEM RESET ${name}`)
      for (const [name, value] of Object.entries(wanted))
        await client.query(`ALTER SYSTEM SET ${name} = ${pg.escapeLiteral(value)}`)
      await client.query('SELECT pg_reload_conf()')
    })
    // The postmaster reads its files in one go, and new sessions inherit what it has read.
    const seen = (): Promise<unknown> =>
      withAdmin(async (client) => (await client.query(`SHOW ${MARK}`)).rows[0]?.[MARK])
    await until(
      async () => (await seen()) === String(turn),
      () => 'the server to read its settings',
    )
  }

  return {
    port: server.port,
    behave,
    query: (sql) => withAdmin(async (client) => void (await client.query(sql))),
    close: async () => {
      await stopServer(home)
      rmSync(home, {recursive: true, force: true})
    },
  }
}
