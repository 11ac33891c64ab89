// Draws docs/pictures/ anew, with the built program and an embedded server of its own.
import {cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import pg from 'pg'
import {packageRoot, runProgram} from '../test/support/program.js'
import {filmOf} from './pictures/film.js'
import {type Answer, openRecorder} from './pictures/recorder.js'

const PICTURES = join(packageRoot, 'docs', 'pictures')
const SIZE = {columns: 90, rows: 30}

/** What is shown, in this order. */
const SESSION: readonly (readonly [string, (readonly Answer[])?])[] = [
  ['cruddur-db setup'],
  ['cruddur-db sessions'],
  [
    'cruddur-db connect --builtin',
    [
      {prompt: /cruddur=> *$/, type: 'SELECT display_name, handle, email FROM users;\r'},
      {prompt: /cruddur=> *$/, type: '\\dt\r'},
      {prompt: /cruddur=> *$/, type: '\\q\r'},
    ],
  ],
  ['cruddur-db doctor'],
]

const home = mkdtempSync(join(tmpdir(), 'cruddur-db-home-'))
const folder = mkdtempSync(join(tmpdir(), 'cruddur-db-folder-'))
const options = {cwd: folder, env: {CRUDDUR_DB_HOME: home, HOME: folder}}
try {
  // A user's project has them; else the package's own are named, by a path of this machine.
  cpSync(join(packageRoot, 'db'), join(folder, 'db'), {recursive: true})
  await recordSession()
  const drawn = await runProgram(['diagram', '--output', 'schema.svg'], options)
  if (drawn.code !== 0) throw new Error(drawn.stderr)
  writeFileSync(join(PICTURES, 'schema.svg'), readFileSync(join(folder, 'schema.svg')))
} finally {
  await runProgram(['server', 'stop'], options)
  rmSync(home, {force: true, recursive: true})
  rmSync(folder, {force: true, recursive: true})
}

async function recordSession(): Promise<void> {
  const names = new Map([
    [resolve(packageRoot), '/usr/lib/node_modules/cruddur-db'],
    [folder, '~/cruddur'],
  ])
  const recorder = openRecorder({...SIZE, ...options, names})
  const [[first, answers] = [''], ...others] = SESSION
  await recorder.run(first, answers)
  const backend = await openBackend()
  for (const [command, dialogue] of others) await recorder.run(command, dialogue)
  await backend.end()
  const commands = SESSION.map(([command]) => command).join(', ')
  const description = `In a terminal, one after another: ${commands}.`
  const film = {...SIZE, title: 'A session with cruddur-db', description}
  writeFileSync(join(PICTURES, 'session.svg'), filmOf(recorder.frames(), film))
  recorder.close()
}

/** Somebody else who is connected, and has forgotten to commit. */
async function openBackend(): Promise<pg.Client> {
  const {stdout} = await runProgram(['server', 'status', '--json'], options)
  const {url} = JSON.parse(stdout) as {url: string}
  const client = new pg.Client({connectionString: url, application_name: 'cruddur-backend'})
  await client.connect()
  await client.query("BEGIN; UPDATE users SET display_name = 'Andrew'")
  return client
}
