import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import pg from 'pg'
import type {TestProject} from 'vitest/node'
import {embeddedUrl, startServer, stopServer} from '../../src/lib/embedded/server.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of a server whose user may create databases; its database is `postgres`. */
    serverUrl: string
    /** Its major version. */
    serverVersion: number
  }
}

/** One real PostgreSQL for the whole run: the embedded one, or the server at `CRUDDUR_TEST_URL`. */
export default async function setup(
  project: TestProject,
): Promise<(() => Promise<void>) | undefined> {
  const external = process.env['CRUDDUR_TEST_URL']
  if (external) {
    project.provide('serverUrl', external)
    project.provide('serverVersion', await versionAt(external))
    return undefined
  }
  const home = mkdtempSync(join(tmpdir(), 'cruddur-db-test-'))
  const server = await startServer(home)
  const url = embeddedUrl(server, 'postgres')
  await spareTheDisk(url)
  project.provide('serverUrl', url)
  project.provide('serverVersion', await versionAt(url))
  return async () => {
    await stopServer(home)
    rmSync(home, {recursive: true, force: true})
  }
}

/**
 * Hundreds of databases are made and dropped, each with a checkpoint: on a busy disk one took seconds, and what is to end in a moment
 * did not. What PostgreSQL has written survives its own death without fsync; only that of the machine it does not.
 */
async function spareTheDisk(url: string): Promise<void> {
  await withClient(url, async (client) => {
    await client.query('ALTER SYSTEM SET fsync = off')
    await client.query('SELECT pg_reload_conf()')
  })
}

async function versionAt(url: string): Promise<number> {
  return await withClient(url, async (client) => {
    const {rows} = await client.query("SELECT current_setting('server_version_num')::int AS number")
    return Math.trunc(rows[0].number / 10_000)
  })
}

async function withClient<T>(url: string, fn: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({connectionString: url})
  await client.connect()
  try {
    return await fn(client)
  } finally {
    await client.end()
  }
}
