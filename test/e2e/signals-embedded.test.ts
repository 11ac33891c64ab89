import {spawn} from 'node:child_process'
import {readdirSync, rmSync} from 'node:fs'
import pg from 'pg'
import {describe, expect, type TestContext, test} from 'vitest'
import {embeddedUrl, startServer, stopServer} from '../../src/lib/embedded/server.js'
import {makeHome} from '../lib/embedded/support.js'
import {AT_ONCE, inTurn, interrupt} from '../support/interrupt.js'
import {ended, type ProgramResult, programCommand, runProgram} from '../support/program.js'
import {leaks} from '../support/stage.js'
import {until} from '../support/wait.js'

interface Started {
  child: ReturnType<typeof spawn>
  result: Promise<ProgramResult>
  /** Returns as soon as it has said that: what it then does takes only a moment. */
  says: (text: string) => Promise<void>
}

/** The program at the head of a process group, as a shell starts it. */
function start(home: string, ...args: string[]): Started {
  const command = programCommand(args, {env: {CRUDDUR_DB_HOME: home}})
  const child = spawn(command.file, command.args, {...command.options, detached: true})
  let said = ''
  const says = (text: string): Promise<void> =>
    new Promise((resolve) => {
      child.stderr.on('data', (data) => {
        said += data
        if (said.includes(text)) resolve()
      })
    })
  return {child, result: ended(child), says}
}

function homeFor({onTestFinished}: TestContext): string {
  const home = makeHome()
  onTestFinished(async () => {
    await stopServer(home)
    rmSync(home, {recursive: true, force: true})
  })
  return home
}

/** What the first start has made so far, each as a whole. */
const WHOLE = /^(port|postgresql-[\w.-]+|data|server\.log)$/

describe('the first start of the embedded server', () => {
  const moments = [
    {what: 'server start', said: 'Unpacking PostgreSQL'},
    {what: 'setup', said: 'Creating the database cluster'},
    {what: 'server start', said: 'Starting PostgreSQL'},
  ]

  // One after the other: the moments are short, and all of them keep a processor busy.
  test.for(inTurn(moments))(
    'ended with $signal leaves nothing half done: $what, at “$said”',
    async ({what, said, signal, exit}, context) => {
      const home = homeFor(context)
      const run = start(home, ...what.split(' '))
      await run.says(said)
      const {seconds, ...seen} = await interrupt(run, signal, {group: true})
      expect(seen).toMatchObject({exit, stdout: ''})
      expect(seen.stderr).toMatch(/\nError: interrupted\n$/)
      expect(leaks(seen.stderr)).toEqual([])
      expect(seconds).toBeLessThan(AT_ONCE)
      expect(readdirSync(home).filter((name) => !WHOLE.test(name))).toEqual([])
      const again = await runProgram(['server', 'start'], {env: {CRUDDUR_DB_HOME: home}})
      expect(again, again.stderr).toMatchObject({code: 0})
    },
  )
})

test('stopping a server that does not end is given up with Ctrl-C', async (context) => {
  const home = homeFor(context)
  const url = embeddedUrl(await startServer(home), 'postgres')
  const client = new pg.Client({connectionString: url})
  client.on('error', () => {})
  await client.connect()
  const {rows} = await client.query<{pid: number}>('SELECT pg_backend_pid() AS pid')
  const pid = rows[0]?.pid ?? 0
  process.kill(pid, 'SIGSTOP')
  try {
    const run = start(home, 'server', 'stop')
    // It takes no connections from the moment on in which it is told to stop.
    await until(
      async () => {
        const another = new pg.Client({connectionString: url})
        another.on('error', () => {})
        const refused = await another.connect().then(
          () => false,
          () => true,
        )
        await another.end()
        return refused
      },
      () => 'the server to refuse connections',
    )
    const {seconds, ...seen} = await interrupt(run, 'SIGINT')
    expect(seen).toEqual({exit: 130, stdout: '', stderr: 'Error: interrupted\n'})
    expect(seconds).toBeLessThan(AT_ONCE)
  } finally {
    process.kill(pid, 'SIGCONT')
    await client.end().catch(() => {})
  }
})
