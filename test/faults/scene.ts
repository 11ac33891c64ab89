import type {ChildProcess} from 'node:child_process'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type pg from 'pg'
import type {ProgramResult} from '../support/program.js'
import {openStage} from '../support/stage.js'
import {until} from '../support/wait.js'
import {clear, noSession, type Query, SOMETHING, sessionOf} from './backstage.js'
import type {Fault, Form} from './fault.js'
import {connectTo, fingerprint, withClient} from './fingerprint.js'
import {launch, type Running, writeFiles} from './launch.js'
import type {OwnServer} from './own-server.js'
import {fill} from './pattern.js'
import {openTap, type Tap} from './tap.js'

/** Where a fault takes place. */
export interface Place {
  /** URL of a server whose user may do everything. */
  serverUrl: string
  /** Where the server itself is what fails. */
  own?: OwnServer
}

/** A database with something to lose, who else is there, and the program. */
export interface Scene {
  database: string
  folder: string
  /** The program, once it runs. */
  child: ChildProcess
  result: Promise<ProgramResult>
  /** What it has written so far. */
  output: () => string
  /** Waits until it has written this. */
  shows: (text: string) => Promise<void>
  query: Query
  /** A session of somebody else's, in the database unless told, which the scene's end ends. */
  hold: (database?: string, applicationName?: string) => Promise<pg.Client>
  /** Waits until a session of the program does what `condition` (SQL on pg_stat_activity) says. */
  session: (condition: string) => Promise<void>
  /** Waits until a session of the program stands at the gate. */
  atGate: () => Promise<void>
  openGate: () => Promise<void>
  tap: Tap
  own: OwnServer
  /** Names what a text of the fault has in braces. */
  say: (word: string, text: string) => void
  fill: (text: string) => string
  /** What is there now is what has to be there at the end. */
  look: () => Promise<void>
  hasLooked: () => boolean
  /** What was there at the last look, and what is there now. */
  compare: () => Promise<{before: Record<string, unknown>; now: Record<string, unknown>}>
  /** Somebody else runs the program, with the same variables. */
  alsoRun: (args: readonly string[]) => Running
  /** Starts the program, once for each form. */
  start: (form: Form) => void
  close: () => Promise<void>
}

/** Sets a scene for one run of the program. */
export async function openScene(fault: Fault, place: Place): Promise<Scene> {
  const {serverUrl, own} = place
  const folder = mkdtempSync(join(tmpdir(), 'cruddur-db-fault-'))
  const stage = await openStage(folder, serverUrl)
  const tap = fault.tapped ? await openTap(serverUrl) : undefined
  const url = new URL(stage.url)
  if (tap) url.port = String(tap.port)
  const {database} = stage
  const words: Record<string, string> = {
    database,
    folder,
    url: url.href,
    host: url.host,
    port: url.port,
    user: database,
    login: `${url.username}:${url.password}`,
  }
  const scene = {fill: (text: string) => fill(text, words)}
  const query: Query = (sql, name = database) =>
    withClient(serverUrl, name, async (client) => (await client.query(scene.fill(sql))).rows)
  await query(SOMETHING)
  writeFiles(fault, folder, scene.fill)

  const sessions: pg.Client[] = []
  const hold: Scene['hold'] = async (name = database, applicationName = 'somebody else') => {
    const session = await connectTo(serverUrl, name, applicationName)
    sessions.push(session)
    return session
  }
  const endSessions = () => Promise.all(sessions.splice(0).map((session) => session.end()))
  const gate = fault.gated ? await hold('postgres', `gate ${database}`) : undefined
  const openGate = async (): Promise<void> => void (await gate?.end())
  const session = (condition: string) => sessionOf(query, database, condition, output)

  let running: Running | undefined
  const others: Running[] = []
  let before: Record<string, unknown> | undefined
  let written = ''
  const output = (): string => written
  const look = async (): Promise<void> => {
    before = await fingerprint(serverUrl, database)
    // What the program is about to build or remove is its own.
    if (running?.child.exitCode === null)
      for (const name of Object.keys(before)) if (/\.(new|old)-/.test(name)) delete before[name]
  }
  return {
    database,
    folder,
    query,
    hold,
    session,
    atGate: () => session("wait_event = 'PgSleep' AND query LIKE 'DO %gate%'"),
    openGate,
    fill: scene.fill,
    say: (word, text) => {
      words[word] = text
    },
    look,
    hasLooked: () => before !== undefined,
    compare: async () => {
      await openGate()
      await endSessions()
      await noSession(query, database)
      if (!before) throw new Error('nobody has looked before')
      return {before, now: await fingerprint(serverUrl, database)}
    },
    output,
    shows: (text) =>
      until(
        () => written.includes(text),
        () => `${text}; the program said:\n${written}`,
      ),
    start: (form) => {
      running = launch(fault, form === '--json' ? [form] : [], scene.fill, folder)
      for (const stream of [running.child.stdout, running.child.stderr])
        stream?.on('data', (data) => {
          written += data
        })
    },
    alsoRun: (args) => {
      const other = launch({...fault, args}, [], scene.fill, folder)
      others.push(other)
      return other
    },
    get child() {
      return present(running).child
    },
    get result() {
      return present(running).result
    },
    get tap() {
      return present(tap)
    },
    get own() {
      return present(own)
    },
    close: async () => {
      for (const {child} of [...others, ...(running ? [running] : [])])
        if (child.exitCode === null) child.kill('SIGKILL')
      await endSessions()
      tap?.close()
      await own?.start()
      await clear(query, stage)
      rmSync(folder, {recursive: true, force: true})
    },
  }
}

function present<T>(thing: T | undefined): T {
  if (thing === undefined) throw new Error('the fault did not ask for it')
  return thing
}
