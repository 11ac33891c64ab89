import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type pg from 'pg'
import {inject} from 'vitest'
import {connect, dropDatabases, freshName, query, urlOf} from '../support/postgres.js'
import {type ProgramResult, runProgram} from '../support/program.js'
import {openRecorder, type Recording} from '../support/wire-recorder.js'

/** What a command finds: Cruddur's database as `setup` leaves it, with nobody in it unless told. */
export type Given =
  | 'no database'
  | 'an empty database'
  | 'a database without rows'
  | 'a database'
  | 'a database in use'

export interface Recorded extends Recording {
  program: ProgramResult
}

export interface Scene {
  /** Runs the program in this situation; it talks to the server through a recorder. */
  record: (words: string, given: Given, options: {delayMs: number}) => Promise<Recorded>
  close: () => Promise<void>
}

/** The URL a user would write, with the port of the recorder and without a word on TLS. */
function urlThrough(port: number, database: string): string {
  const {username, password} = new URL(inject('serverUrl'))
  const url = new URL(`postgres://127.0.0.1:${port}/${database}`)
  return Object.assign(url, {username, password}).href
}

/** Production's URL is in a variable, any other one behind --url. */
function commandOf(words: string, database: string, url: string) {
  const args = words.split(' ').map((word) => (word === 'DB' ? database : word))
  return args.includes('--prod')
    ? {args, env: {PROD_CONNECTION_URL: url}}
    : {args: [...args, '--url', url], env: {}}
}

async function setUp(words: readonly string[], cwd: string): Promise<void> {
  const {code, stderr} = await runProgram(['setup', '--url', ...words], {cwd})
  if (code !== 0) throw new Error(`setup failed: ${stderr}`)
}

/** Makes what the commands of a test file work on. */
export async function openScene(): Promise<Scene> {
  const cwd = mkdtempSync(join(tmpdir(), 'cruddur-db-budget-'))
  const [model, bare] = [freshName(), freshName()]
  await setUp([urlOf(model)], cwd)
  await setUp([urlOf(bare), '--no-seed'], cwd)

  const make = async (database: string, given: Given): Promise<pg.Client | undefined> => {
    if (given === 'no database') return undefined
    const templates = {'an empty database': 'template0', 'a database without rows': bare}
    const template = given in templates ? templates[given as keyof typeof templates] : model
    await query(`CREATE DATABASE ${database} TEMPLATE ${template}`)
    return given === 'a database in use' ? connect(database) : undefined
  }
  return {
    record: async (words, given, options) => {
      const database = freshName()
      const user = await make(database, given)
      const server = new URL(inject('serverUrl'))
      const host = server.hostname.replace(/^\[(.*)\]$/, '$1')
      const recorder = await openRecorder({host, port: Number(server.port || 5432)}, options)
      const {args, env} = commandOf(words, database, urlThrough(recorder.port, database))
      try {
        const program = await runProgram(args, {cwd, env})
        return {program, ...recorder.recording()}
      } finally {
        recorder.close()
        await user?.end()
        const left = await query<{datname: string}>(
          `SELECT datname FROM pg_database WHERE starts_with(datname, '${database}')`,
        )
        await dropDatabases(...left.map(({datname}) => datname))
      }
    },
    close: async () => {
      await dropDatabases(model, bare)
      rmSync(cwd, {recursive: true, force: true})
    },
  }
}
