import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect} from 'vitest'
import {runCommand} from './command.js'
import type {Content} from './content.js'
import {DATABASE, type Databases, makeDatabases} from './databases.js'
import {writeFiles} from './files.js'
import {long, type Verb} from './plan.js'
import {type CrashServer, startCrashServer} from './server.js'
import {openTally, type Tally} from './tally.js'

/** What the database can be found to hold, and what is set for it as a whole. */
interface Known {
  old: Content
  oldProperties: string
  /** After a whole `setup`. */
  built: Content
  /** After a whole `schema-load`. */
  added: Content
  /** After a `setup` that replaced the old one. */
  builtProperties: string
  /** After a `setup` that found none. */
  freshProperties: string
}

/** A server, a database with something to lose, and what whole runs of the program make of it. */
export interface Scene {
  server: CrashServer
  databases: Databases
  /** The program's working directory. */
  folder: string
  known: Known
  /** How long a whole run took at the beginning, in milliseconds. */
  wholeMs: Record<Verb, number>
  /** How much longer runs take by now: others use the machine too. */
  slowness: number
  tally: Tally
  close: () => Promise<void>
}

type Stage = Pick<Scene, 'server' | 'databases' | 'folder'>

/** Starts a server, makes the old database, and learns what whole runs do. */
export async function openScene(): Promise<Scene> {
  const server = await startCrashServer()
  const folder = mkdtempSync(join(tmpdir(), 'cruddur-db-crash-files-'))
  const close = async (): Promise<void> => {
    rmSync(folder, {recursive: true, force: true})
    await server.close()
  }
  try {
    writeFiles(folder)
    const stage = {server, folder, databases: await makeDatabases(server)}
    return {...stage, ...(await learn(stage)), slowness: 1, tally: openTally(), close}
  } catch (error) {
    await close()
    throw error
  }
}

async function learn(stage: Stage): Promise<Pick<Scene, 'known' | 'wholeMs'>> {
  const {content, properties, reset} = stage.databases
  await wholeRun(stage, 'setup', false)
  const freshProperties = await properties()
  await reset({old: true})
  const [old, oldProperties] = [await content(DATABASE), await properties()]
  const drop = await medianMs(stage, 'drop')
  const schemaLoad = await medianMs(stage, 'schema-load')
  const added = await content(DATABASE)
  const setup = await medianMs(stage, 'setup')
  const [built, builtProperties] = [await content(DATABASE), await properties()]
  return {
    known: {old, oldProperties, built, added, builtProperties, freshProperties},
    wholeMs: {setup, 'schema-load': schemaLoad, drop},
  }
}

/** @returns its time in milliseconds */
async function wholeRun(stage: Stage, verb: Verb, old = true): Promise<number> {
  await stage.databases.reset({old})
  const began = performance.now()
  const {code, stdout, stderr} = await runCommand(stage, {verb, byUrl: true})
  expect(code, stdout + stderr).toBe(0)
  return performance.now() - began
}

/** Of three runs in the long form. */
async function medianMs(stage: Stage, verb: Verb): Promise<number> {
  const times: number[] = []
  for (let turn = 0; turn < (long ? 3 : 1); turn++) times.push(await wholeRun(stage, verb))
  return times.sort((a, b) => a - b)[times.length >> 1] ?? 0
}
