import pg from 'pg'
import {inject} from 'vitest'
import {embeddedUrl, startServer, stopServer} from '../../src/lib/embedded/server.js'
import {makeHome, removeHome} from '../lib/embedded/support.js'

export interface OwnServer {
  url: (database: string, login?: {username: string; password: string}) => string
  query: (sql: string, database?: string) => Promise<pg.QueryResultRow[]>
  /** A connection; whoever asks for it ends it. */
  connect: (database: string) => Promise<pg.Client>
  close: () => Promise<void>
}

async function connectTo(url: string): Promise<pg.Client> {
  const client = new pg.Client({connectionString: url})
  client.on('error', () => {})
  await client.connect()
  return client
}

function serverAt(base: string, close: () => Promise<void>): OwnServer {
  const url: OwnServer['url'] = (database, login = undefined) => {
    const at = Object.assign(new URL(base), login)
    at.pathname = `/${encodeURIComponent(database)}`
    return at.href
  }
  const connect = (database: string): Promise<pg.Client> => connectTo(url(database))
  const query: OwnServer['query'] = async (sql, database = 'postgres') => {
    const client = await connect(database)
    try {
      return (await client.query(sql)).rows
    } finally {
      await client.end()
    }
  }
  return {url, query, connect, close}
}

/**
 * A server with these settings, which take a restart: the test server where it has them, else an embedded one of the test
 * file's own.
 */
export async function serverWith(settings: Readonly<Record<string, string>>): Promise<OwnServer> {
  const shared = serverAt(inject('serverUrl'), async () => {})
  const names = Object.keys(settings)
  const found = await shared.query(
    `SELECT name, setting FROM pg_settings WHERE name = ANY('{${names}}')`,
  )
  if (found.every(({name, setting}) => settings[name] === setting)) return shared
  const home = makeHome()
  const first = embeddedUrl(await startServer(home), 'postgres')
  const own = serverAt(first, () => removeHome(home))
  for (const name of names) await own.query(`ALTER SYSTEM SET ${name} = '${settings[name]}'`)
  await stopServer(home)
  return serverAt(embeddedUrl(await startServer(home), 'postgres'), own.close)
}
