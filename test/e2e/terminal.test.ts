import {constants} from 'node:os'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {dropDatabases, freshName, query, urlOf} from '../support/postgres.js'
import {openTerminal, type Terminal} from '../support/terminal.js'

let database: string

beforeEach(async () => {
  database = freshName()
  await query(`CREATE DATABASE "${database}" TEMPLATE template0`)
})
afterEach(() => dropDatabases(database))

const exists = async (): Promise<boolean> =>
  (await query(`SELECT FROM pg_database WHERE datname = '${database}'`)).length === 1

async function atPrompt(...args: string[]): Promise<Terminal> {
  const terminal = openTerminal([...args, '--prod'], {env: {PROD_CONNECTION_URL: urlOf(database)}})
  await terminal.shows(`Type the database's name (${database})`)
  return terminal
}

describe('the prompt before a destructive act in production', () => {
  test('shows where, and goes on when the name is typed', async () => {
    const terminal = await atPrompt('drop')
    expect(terminal.screen()).toContain(`This will drop the database`)
    terminal.type(`${database}\r`)
    expect(await terminal.ended).toBe(0)
    expect(terminal.screen()).toContain(`dropped the database "${database}"`)
    expect(await exists()).toBe(false)
  })

  test.each([
    ['another name', 'cruddur\r'],
    ['yes', 'y\r'],
    ['nothing', '\r'],
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('%s is a no: exit 4, nothing touched, no stack trace', async (_, keys) => {
    const terminal = await atPrompt('drop')
    terminal.type(keys)
    expect(await terminal.ended).toBe(4)
    expect(terminal.screen()).toContain('not confirmed')
    expect(terminal.screen()).not.toMatch(/^\s+at /m)
    expect(await exists()).toBe(true)
  })

  test.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('%s at the second question is a no to all of it: nothing is rebuilt', async (_, keys) => {
    await query('CREATE TABLE precious (n int)', database)
    const terminal = await atPrompt('setup')
    terminal.type(`${database}\r`)
    await terminal.shows('Load the seed into production too?')
    terminal.type(keys)
    expect(await terminal.ended).toBe(4)
    expect(await query("SELECT to_regclass('precious') AS t", database)).toEqual([{t: 'precious'}])
  })

  test('a closed terminal ends the program by the signal, not by a crash', async () => {
    const terminal = await atPrompt('drop')
    terminal.hangUp()
    expect(await terminal.signal).toBe(constants.signals.SIGHUP)
    expect(terminal.screen()).not.toContain('Assertion')
    expect(await exists()).toBe(true)
  })

  test.each([
    ['y', 3],
    ['', 0],
  ])('setup asks a second time before it seeds: «%s» → %i users', async (answer, users) => {
    const terminal = await atPrompt('setup')
    terminal.type(`${database}\r`)
    await terminal.shows('Load the seed into production too?')
    terminal.type(`${answer}\r`)
    expect(await terminal.ended).toBe(0)
    expect(await query('SELECT FROM users', database)).toHaveLength(users)
  })
})
