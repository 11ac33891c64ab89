import {describe, expect, test} from 'vitest'
import {fakeUser, subOf} from '../support/aws/fake-cognito.js'
import {serverWith} from '../support/own-server.js'
import {urlOf} from '../support/postgres.js'
import {openTerminal} from '../support/terminal.js'
import {
  AFTER,
  BEFORE,
  LINES,
  onUserIdsStage,
  prepare,
  type UserIdsStage,
} from '../support/user-ids-stage.js'

describe('in production', () => {
  const inTerminal = (stage: UserIdsStage) =>
    openTerminal(['update-cognito-user-ids', '--prod'], {
      env: stage.env({PROD_CONNECTION_URL: urlOf(stage.database)}),
    })
  const question = "Type the database's name"

  test('the difference is shown and the name of the database asked for', () =>
    onUserIdsStage(async (stage) => {
      await prepare(stage)
      await stage.rows(['andrewbrown', 'MOCK'], ['bayko', subOf(9)], ['londo', 'MOCK'])
      const terminal = inTerminal(stage)
      await terminal.shows(question)
      const screen = terminal.screen().replaceAll('\r', '')
      expect(screen).toContain(
        `${LINES('2  andrewbrown, bayko', 0, '1  londo')}1 of those to be set: in place of another id\nPRODUCTION  This will set the Cognito ids of users:`,
      )
      expect(screen).toContain('\n  lost      the ids that 1 of them have now\n')
      // Its own session is nobody's who would be concerned.
      expect(screen).not.toContain('sessions')
      terminal.type(`${stage.database}\r`)
      expect(await terminal.ended).toBe(0)
      expect(terminal.screen()).toMatch(/set 2 ids in \d+ ms/)
      expect(await stage.ids()).toEqual(AFTER)
    }))

  test('what is changed while the question stands is not overwritten unseen', () =>
    onUserIdsStage(async (stage) => {
      await prepare(stage)
      const terminal = inTerminal(stage)
      await terminal.shows(question)
      await stage.sql(`UPDATE users SET cognito_user_id = 'other' WHERE handle = 'bayko'`)
      terminal.type(`${stage.database}\r`)
      expect(await terminal.ended).toBe(4)
      expect(terminal.screen()).toContain(
        'Error: 1 user was changed in the database after the difference was shown',
      )
      expect(await stage.ids()).toEqual([BEFORE[0], {handle: 'bayko', id: 'other'}, BEFORE[2]])
    }))

  test('a script needs --confirm with the name of the database', () =>
    onUserIdsStage(async (stage) => {
      await prepare(stage)
      const env = {PROD_CONNECTION_URL: urlOf(stage.database)}
      const refused = await stage.run(['--prod'], env)
      expect(refused.code).toBe(4)
      expect(refused.stderr).toContain(
        'Error: this would set the Cognito ids of users in production, and nobody confirmed it\n',
      )
      expect((await stage.run(['--prod', '--confirm', 'other'], env)).code).toBe(4)
      expect(stage.fake.requests).toEqual([])
      expect(await stage.ids()).toEqual(BEFORE)
      expect((await stage.run(['--prod', '--confirm', stage.database], env)).code).toBe(0)
      expect(await stage.ids()).toEqual(AFTER)
    }))

  test('Ctrl-C is an answer too', () =>
    onUserIdsStage(async (stage) => {
      await prepare(stage)
      const terminal = inTerminal(stage)
      await terminal.shows(question)
      terminal.type('\x03')
      expect([0, 1]).not.toContain(await terminal.ended)
      expect(await stage.ids()).toEqual(BEFORE)
    }))

  test('a server that turns out to be one of RDS is production, whatever its host is called', () =>
    onUserIdsStage(async (stage) => {
      const server = await serverWith({max_connections: '37'})
      try {
        await server.query('CREATE ROLE rdsadmin')
        await server.query('CREATE DATABASE rdsadmin OWNER rdsadmin')
        const users = `CREATE TABLE users AS SELECT 'bayko' AS handle, 'MOCK' AS cognito_user_id`
        await server.query(users)
        stage.pool(fakeUser(subOf(2), 'bayko'))
        const {code, json} = await stage.json([], {CONNECTION_URL: server.url('postgres')})
        expect([code, json]).toMatchObject([4, {error: {code: 'NOT_CONFIRMED'}}])
        expect(await server.query('SELECT cognito_user_id FROM users')).toEqual([
          {cognito_user_id: 'MOCK'},
        ])
      } finally {
        await server.close()
      }
    }))

  test('nobody is asked where nothing is to be set', () =>
    onUserIdsStage(async (stage) => {
      await prepare(stage)
      await stage.rows(['andrewbrown', subOf(1)])
      const terminal = inTerminal(stage)
      expect(await terminal.ended).toBe(0)
      expect(terminal.screen()).toContain('nothing to set')
    }))
})
