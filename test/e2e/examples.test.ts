import {execFileSync, spawn} from 'node:child_process'
import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type Command, Parser} from '@oclif/core'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type FakeCognito, poolOf, startFakeCognito} from '../support/aws/fake-cognito.js'
import {dropDatabases, freshName, urlOf} from '../support/postgres.js'
import {ended, packageRoot, runProgram} from '../support/program.js'
import {isInstalled} from '../support/shell.js'
import {hasPsql} from '../support/tls-outcome.js'

interface Manifest {
  commands: Record<string, {examples?: Command.Example[]; hidden?: boolean}>
}

const {commands}: Manifest = JSON.parse(
  readFileSync(join(packageRoot, 'oclif.manifest.json'), 'utf8'),
)
const names = Object.keys(commands).filter((name) => !commands[name]?.hidden)

/** Each command with each of its examples, as they are pasted. */
const examples = names.flatMap((name) =>
  (commands[name]?.examples ?? []).map((example) => {
    const text = typeof example === 'string' ? example : example.command
    return {name, command: text.replaceAll('<%= config.bin %>', 'cruddur-db')}
  }),
)

const local = freshName()
const production = freshName()
const pool = 'ca-central-1_AbCdEf123'
let cognito: FakeCognito
let folder: string
let home: string

beforeAll(async () => {
  cognito = await startFakeCognito({[pool]: poolOf([])})
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-examples-'))
  home = mkdtempSync(join(tmpdir(), 'cruddur-db-examples-home-'))
  cpSync(join(packageRoot, 'db'), join(folder, 'db'), {recursive: true})
  const seed =
    "INSERT INTO users (display_name, handle, email, cognito_user_id) VALUES ('a', 'a', 'a', 'a')"
  writeFileSync(join(folder, 'users.sql'), `${seed};\n`)
  writeFileSync(join(folder, 'activities.sql'), 'DELETE FROM activities;\n')
  program('told', `process.argv.slice(2).join('\\0')`)
  mkdirSync(join(folder, 'real'))
  const real = `#!/bin/sh\nexec ${process.execPath} ${packageRoot}bin/run.js "$@"\n`
  writeFileSync(join(folder, 'real', 'cruddur-db'), real, {mode: 0o755})
})
afterAll(async () => {
  await cognito.close()
  await dropDatabases(local, production)
  for (const made of [folder, home]) rmSync(made, {recursive: true, force: true})
})

/** Puts a `cruddur-db` into a folder of that name that writes down how it was called. */
function program(name: string, told: string): void {
  mkdirSync(join(folder, name))
  const script = `#!${process.execPath}\nrequire('node:fs').writeFileSync(process.env.TOLD, ${told})\n`
  writeFileSync(join(folder, name, 'cruddur-db'), script, {mode: 0o755})
}

/** The words that a shell gives to the program when `line` is pasted. */
function wordsOf(line: string): string[] {
  const told = join(folder, 'words')
  rmSync(told, {force: true})
  const env = {PATH: `${join(folder, 'told')}:${process.env['PATH']}`, TOLD: told}
  try {
    execFileSync('bash', ['-c', line], {cwd: folder, env, stdio: 'ignore'})
  } catch {
    // What a shell does with the output of a completion is no matter here.
  }
  return readFileSync(told, 'utf8').split('\0')
}

test('every command has examples', () => {
  const without = names.filter((name) => !examples.some((example) => example.name === name))
  expect(without).toEqual([])
})

test('every example says what it is for', () => {
  const silent = names.filter((name) =>
    commands[name]?.examples?.some((example) => typeof example === 'string'),
  )
  expect(silent).toEqual([])
})

describe.skipIf(!isInstalled('bash'))('pasted into a shell', () => {
  test.each(examples)('$command: its flags are those of $name', async ({name, command}) => {
    const [verb, ...words] = wordsOf(command)
    // What cruddur-db alone shows stands with the command that it is.
    expect(verb === '' ? 'overview' : verb).toBe(name)
    const {default: found}: {default: typeof Command} = await import(
      `../../src/commands/${name}.ts`
    )
    const separator = words.indexOf('--')
    const own = name === 'connect' && separator !== -1 ? words.slice(0, separator) : words
    const json = {json: {type: 'boolean', name: 'json', allowNo: false, parse: async () => true}}
    const flags = {...found.baseFlags, ...found.flags, ...(found.enableJsonFlag ? json : {})}
    await Parser.parse(own, {args: found.args, flags, strict: true} as never)
  })

  test.each(names)(
    'out of the help of %s, on a narrow terminal: they are the same',
    async (name) => {
      const {stdout} = await runProgram(['help', name], {env: {OCLIF_COLUMNS: '60'}})
      const shown = stdout.slice(stdout.indexOf('\nEXAMPLES\n')).split('\n\n')
      // An example is all that is further in than the words above it.
      const pasted = shown.map((paragraph) =>
        (paragraph.match(/^ {4}.*$/gm) ?? []).join('\n').replace(/^ *\$ /, ''),
      )
      const commandsShown = pasted.filter((lines) => lines !== '').map(wordsOf)
      const own = examples.filter((example) => example.name === name)
      expect(commandsShown).toEqual(own.map(({command}) => wordsOf(command)))
    },
  )
})

/** What asks, waits for a person, ends sessions, costs money, or is for one shell only. */
const NOT_RUN = [
  /^cruddur-db connect(?: --builtin)?$/,
  /--confirm|--keep-previous|--terminate|--watch|completion/,
  /\brds-/,
]
const runnable = examples.filter(
  ({name, command}) =>
    !NOT_RUN.some((pattern) => pattern.test(command)) && (name !== 'connect' || hasPsql),
)

describe.skipIf(!isInstalled('bash'))('run for real against two test databases', () => {
  const env = () => ({
    ...cognito.env,
    AWS_COGNITO_USER_POOL_ID: pool,
    HOME: folder,
    PATH: `${join(folder, 'real')}:${process.env['PATH']}`,
    CONNECTION_URL: urlOf(local),
    PROD_CONNECTION_URL: urlOf(production),
    CRUDDUR_DB_HOME: home,
  })
  const setUp = (url: string, ...flags: string[]) =>
    runProgram(['setup', '--force', '--quiet', '--url', url, ...flags], {cwd: folder})

  beforeAll(async () => {
    expect(await setUp(urlOf(production))).toMatchObject({code: 0})
  })

  test.each(runnable)('$command', async ({name, command}) => {
    // migrate-new has written a file there.
    const migrations = join(folder, 'db', 'migrations')
    rmSync(migrations, {recursive: true})
    cpSync(join(packageRoot, 'db', 'migrations'), migrations, {recursive: true})
    // No two users have one handle.
    const flags = name === 'seed' ? ['--no-seed'] : []
    expect(await setUp(urlOf(local), ...flags)).toMatchObject({code: 0})
    // Not waited for synchronously: this process answers for Cognito.
    const shell = spawn('bash', ['-c', command], {
      cwd: folder,
      env: env(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const {code, stderr} = await ended(shell)
    // doctor ends with 1 where it finds something, on whatever machine this is.
    if (name === 'doctor') expect([0, 1]).toContain(code)
    else expect(code, stderr).toBe(0)
  })

  test('which leaves nothing that runs', async () => {
    await runProgram(['server', 'stop'], {cwd: folder, env: env()})
    const {stdout} = await runProgram(['server', 'status', '--json'], {cwd: folder, env: env()})
    expect(JSON.parse(stdout).running).toBe(false)
  })
})
