import {lookup} from 'node:dns/promises'
import {hostname} from 'node:os'
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import Create from '../../src/commands/create.js'
import Drop from '../../src/commands/drop.js'
import SchemaLoad from '../../src/commands/schema-load.js'
import Seed from '../../src/commands/seed.js'
import Sessions from '../../src/commands/sessions.js'
import Setup from '../../src/commands/setup.js'
import {runCommand} from '../support/command.js'
import {connect, dropDatabases, freshName, query, urlOf} from '../support/postgres.js'

let database: string

/** A name of this machine that does not say so, where it has one. */
const ownName = await lookup(hostname()).catch(() => undefined)

beforeEach(async () => {
  database = freshName()
  await query(`CREATE DATABASE "${database}" TEMPLATE template0`)
  await query('CREATE TABLE precious (n int)', database)
  vi.stubEnv('CONNECTION_URL', urlOf(freshName()))
  vi.stubEnv('PROD_CONNECTION_URL', urlOf(database))
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await dropDatabases(database)
})

const untouched = async (): Promise<boolean> =>
  (await query("SELECT to_regclass('precious') AS found", database))[0]?.['found'] === 'precious'

const commands = {drop: Drop, 'schema-load': SchemaLoad, seed: Seed, setup: Setup}
const destructive: [string, (typeof commands)[keyof typeof commands], string[]][] = Object.entries(
  commands,
).map(([name, command]) => [name, command, []])
destructive.push(['sessions --terminate', Sessions as never, ['--terminate', '1']])

describe.each(destructive)('%s in production', (_, command, args) => {
  test('without a terminal and without --confirm is refused at once', async () => {
    const {exit, stdout, stderr} = await runCommand(command as typeof Drop, ['--prod', ...args])
    expect([exit, stdout]).toEqual([4, ''])
    expect(stderr).toMatch(/^PRODUCTION {2}/)
    expect(stderr).toContain(`--confirm ${database}`)
    expect(await untouched()).toBe(true)
  })

  test('with another name in --confirm is refused', async () => {
    const flags = ['--prod', '--confirm', 'cruddur', '--json', ...args]
    const {exit, stdout} = await runCommand(command as typeof Drop, flags)
    expect(exit).toBe(4)
    expect(JSON.parse(stdout)).toMatchObject({error: {code: 'NOT_CONFIRMED'}})
    expect(await untouched()).toBe(true)
  })

  test('--force is not consent', async () => {
    if (!['drop', 'setup'].includes(command.name.toLowerCase())) return
    const {exit} = await runCommand(command as typeof Drop, ['--prod', '--force', ...args])
    expect(exit).toBe(4)
    expect(await untouched()).toBe(true)
  })
})

describe('consent', () => {
  test('--confirm with the name drops', async () => {
    const dropped = await runCommand(Drop, ['--prod', '--confirm', database])
    expect(dropped).toMatchObject({exit: 0, result: {dropped: true}})
  })

  test('is asked for a CONNECTION_URL that points at production, and for a --url', async () => {
    vi.stubEnv('CONNECTION_URL', urlOf(database))
    const stderr = expect.stringMatching(/^PRODUCTION {2}/)
    expect(await runCommand(Drop, [])).toMatchObject({exit: 4, stderr})
    vi.stubEnv('CONNECTION_URL', undefined)
    expect(await runCommand(Drop, ['--url', urlOf(database)])).toMatchObject({exit: 4, stderr})
    expect(await untouched()).toBe(true)
  })

  test.skipIf(!ownName)('is asked for where another name leads to production', async () => {
    const alias = new URL(urlOf(database))
    alias.hostname = hostname()
    vi.stubEnv('PROD_CONNECTION_URL', alias.href)
    const stderr = expect.stringMatching(/^PRODUCTION {2}/)
    expect(await runCommand(Drop, ['--url', urlOf(database)])).toMatchObject({exit: 4, stderr})
    const other = ['--url', urlOf('postgres'), '--terminate', '1']
    expect(await runCommand(Sessions, other)).toMatchObject({exit: 4})
    alias.port = '1'
    vi.stubEnv('PROD_CONNECTION_URL', alias.href)
    const dry = await runCommand(Drop, ['--url', urlOf(database), '--dry-run'])
    expect(dry).toMatchObject({exit: 0, stderr: expect.stringMatching(/^url {2}/)})
    expect(await untouched()).toBe(true)
  })

  test('is asked for sessions of production ended by way of another database of its server', async () => {
    const holder = await connect(database)
    const [row] = (await holder.query('SELECT pg_backend_pid() AS pid')).rows
    const args = ['--url', urlOf('postgres'), '--terminate', String(row?.pid)]
    expect(await runCommand(Sessions, args)).toMatchObject({exit: 4})
    expect((await holder.query('SELECT 1 AS alive')).rows).toEqual([{alive: 1}])
    await holder.end()
  })

  test('is not asked for a harmless command', async () => {
    expect(await runCommand(Create, ['--prod'])).toMatchObject({exit: 0, result: {created: false}})
    expect(await runCommand(Sessions, ['--prod'])).toMatchObject({exit: 0})
  })

  test('setup with --confirm alone does not seed production; --seed does', async () => {
    const confirmed = ['--prod', '--confirm', database]
    const without = await runCommand(Setup, confirmed)
    expect(without.result).toMatchObject({replaced: true, seeded: false})
    expect(await query('SELECT FROM users', database)).toEqual([])
    const seeded = await runCommand(Setup, [...confirmed, '--seed', '--keep-previous'])
    expect(seeded.result).toMatchObject({seeded: true})
    expect(await query('SELECT FROM users', database)).toHaveLength(3)
    const words = `the database "${database}" is ready; the previous one is now`
    const [, previous = ''] = new RegExp(`^${words} "(.*)"\n$`).exec(seeded.stdout) ?? []
    expect(seeded.result).toMatchObject({previous})
    expect(await query('SELECT FROM users', previous)).toEqual([])
    await dropDatabases(previous)
  })
})
