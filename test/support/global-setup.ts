import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {TestProject} from 'vitest/node'
import {embeddedUrl, startServer, stopServer} from '../../src/lib/embedded/server.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of a server whose user may create databases; its database is `postgres`. */
    serverUrl: string
  }
}

/** One real PostgreSQL for the whole run: the embedded one, or the server at `CRUDDUR_TEST_URL`. */
export default async function setup(
  project: TestProject,
): Promise<(() => Promise<void>) | undefined> {
  const external = process.env['CRUDDUR_TEST_URL']
  if (external) {
    project.provide('serverUrl', external)
    return undefined
  }
  const home = mkdtempSync(join(tmpdir(), 'cruddur-db-test-'))
  const server = await startServer(home)
  project.provide('serverUrl', embeddedUrl(server, 'postgres'))
  return async () => {
    await stopServer(home)
    rmSync(home, {recursive: true, force: true})
  }
}
