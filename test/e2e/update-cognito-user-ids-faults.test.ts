import {tmpdir} from 'node:os'
import {describe, expect, test} from 'vitest'
import {fakeUser, subOf} from '../support/aws/fake-cognito.js'
import {interrupt} from '../support/interrupt.js'
import {hasPgbouncer, startPgbouncer} from '../support/pgbouncer.js'
import {openPooled} from '../support/pooled.js'
import {freshName, query, urlOf} from '../support/postgres.js'
import {
  AFTER,
  BEFORE,
  onUserIdsStage,
  POOL,
  prepare,
  type UserIdsStage,
} from '../support/user-ids-stage.js'
import {until} from '../support/wait.js'

describe('what AWS says no to', () => {
  const failures = [
    [{code: 'AccessDeniedException'}, 1, 'these AWS credentials may not do cognito-idp:ListUsers'],
    [{code: 'ExpiredTokenException'}, 3, 'the AWS session has expired'],
    [{code: 'ResourceNotFoundException'}, 1, 'there is no such user pool in this account'],
    [
      {how: 'garbage'},
      3,
      'cannot reach COGNITO-IDP in ca-central-1: what answers there is not AWS',
    ],
  ] as const
  test.each(failures)('%j half way changes nothing', (failure, exit, message) =>
    onUserIdsStage(async (stage) => {
      await prepare(stage)
      const users = Array.from({length: 130}, (_, at) => fakeUser(subOf(at + 3), `u${at}`))
      stage.pool(fakeUser(subOf(1), 'andrewbrown'), fakeUser(subOf(2), 'bayko'), ...users)
      stage.fake.fail(failure, 2)
      const {code, stdout, stderr} = await stage.run()
      expect([code, stdout]).toEqual([exit, ''])
      expect(stderr).toContain(`${stage.head}Error: ${message}\n`)
      expect(await stage.ids()).toEqual(BEFORE)
    }),
  )

  test('no credentials, before anything is asked', () =>
    onUserIdsStage(async (stage) => {
      await prepare(stage)
      const {code, stderr} = await stage.run([], {AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: ''})
      expect(code).toBe(3)
      expect(stderr).toContain('Error: no AWS credentials can be had\n')
      expect(stage.fake.requests).toEqual([])
    }))
})

describe('the database', () => {
  test('without the table is refused before the pool is read', () =>
    onUserIdsStage(async (stage) => {
      await stage.sql('DROP TABLE users')
      const {code, stderr} = await stage.run()
      expect([code, stderr]).toEqual([
        1,
        `${stage.head}Error: the database "${stage.database}" has no table public.users; nothing was changed\n  → load the schema: cruddur-db schema-load\n`,
      ])
      expect(stage.fake.requests).toEqual([])
    }))

  test('that only reads is refused before the pool is read', () =>
    onUserIdsStage(async (stage) => {
      await prepare(stage)
      await stage.sql(`ALTER DATABASE "${stage.database}" SET default_transaction_read_only = on`)
      const {code, json} = await stage.json()
      expect([code, json]).toMatchObject([1, {error: {code: 'READ_ONLY', sqlstate: '25006'}}])
      expect(stage.fake.requests).toEqual([])
    }))

  test('may limit how long a statement lasts and a session idles, however long the pool takes', () =>
    onUserIdsStage(async (stage) => {
      await prepare(stage)
      const limits = await query<{name: string}>(
        "SELECT name FROM pg_settings WHERE name IN ('statement_timeout', 'idle_session_timeout')",
      )
      for (const {name} of limits)
        await stage.sql(`ALTER DATABASE "${stage.database}" SET ${name} = '2s'`)
      stage.fake.before(() => new Promise((resolve) => setTimeout(resolve, 3000)))
      expect(await stage.run()).toMatchObject({code: 0})
      expect(await stage.ids()).toEqual(AFTER)
    }))

  test.skipIf(!hasPgbouncer)(
    'has to be reached without a pooler that shares its sessions',
    async () => {
      const pooler = await startPgbouncer({mode: 'transaction'})
      const pooled = openPooled(pooler, tmpdir())
      try {
        await pooled.makeOld()
        const {code, stderr} = await pooled.run('update-cognito-user-ids', '--user-pool-id', POOL)
        expect(code).toBe(1)
        expect(stderr).toContain(
          'Error: cannot run update-cognito-user-ids through the connection pooler at ',
        )
      } finally {
        await pooled.close()
        await pooler.close()
      }
    },
  )

  test('is only read by --dry-run, needs the right to be changed, and keeps its password to itself', () =>
    onUserIdsStage(async (stage) => {
      await prepare(stage)
      const role = freshName()
      const password = `p%40"\\'# x`
      await query(`CREATE ROLE ${role} LOGIN PASSWORD 'p%40"\\''# x'`)
      const url = new URL(urlOf(stage.database))
      url.username = role
      url.password = encodeURIComponent(password)
      const CONNECTION_URL = url.href.replaceAll("'", '%27')
      const grant = (rights: string) => stage.sql(`GRANT ${rights} ON users TO ${role}`)
      const outputs: string[] = []
      const run = async (...args: string[]) => {
        const {code, stdout, stderr} = await stage.run(args, {CONNECTION_URL})
        outputs.push(stdout + stderr)
        return code
      }
      try {
        expect(await run()).toBe(1)
        await grant('SELECT')
        expect(await run('--dry-run')).toBe(0)
        expect(stage.fake.requests.length).toBeGreaterThan(0)
        stage.fake.requests.length = 0
        expect([await run(), stage.fake.requests]).toEqual([1, []])
        await grant('UPDATE')
        stage.fake.fail({code: 'ExpiredTokenException', times: 1})
        expect(await run()).toBe(3)
        expect(await run()).toBe(0)
        expect(await stage.ids()).toEqual(AFTER)
      } finally {
        await stage.sql(`DROP OWNED BY ${role}`)
        await query(`DROP ROLE ${role}`)
      }
      const secrets = [
        password,
        encodeURIComponent(password),
        stage.fake.env['AWS_SECRET_ACCESS_KEY'],
      ]
      for (const secret of secrets) expect(outputs.join()).not.toContain(secret)
    }))
})

describe('what ends it', () => {
  /** Has the setting of an id last, until the trigger is dropped; not by a lock, of which it would not wait for long. */
  const waits = async ({sql}: UserIdsStage) => {
    await sql(`CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NEW; END';
      CREATE TRIGGER wait BEFORE UPDATE ON users FOR EACH ROW WHEN (NEW.handle = 'bayko') EXECUTE FUNCTION wait()`)
    const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`
    return {
      reached: () =>
        until(
          async () => (await sql(waiting)).length === 1,
          () => 'an id that is being set',
        ),
      open: () => sql('DROP TRIGGER wait ON users'),
    }
  }

  test('Ctrl-C while the pool is read leaves nothing', () =>
    onUserIdsStage(async (stage) => {
      await prepare(stage)
      const asked = new Promise<void>((resolve) => {
        stage.fake.before(() => {
          resolve()
          return new Promise(() => {})
        })
      })
      const run = stage.start()
      await asked
      const {exit, stdout, stderr} = await interrupt(run, 'SIGINT')
      expect([exit, stdout, stderr]).toEqual([130, '', `${stage.head}Error: interrupted\n`])
      expect(await stage.ids()).toEqual(BEFORE)
    }))

  test('Ctrl-C while ids are set leaves none of them', () =>
    onUserIdsStage(async (stage) => {
      await prepare(stage)
      const gate = await waits(stage)
      const run = stage.start()
      await gate.reached()
      expect((await interrupt(run, 'SIGINT')).exit).toBe(130)
      await gate.open()
      expect(await stage.ids()).toEqual(BEFORE)
    }))

  test('kill -9 of the server process while ids are set leaves none, and the next run sets them all', () =>
    onUserIdsStage(async (stage) => {
      await prepare(stage)
      const gate = await waits(stage)
      const {result} = stage.start()
      await gate.reached()
      await stage.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE 'cruddur-db %'`)
      const {code, stderr} = await result
      expect(code).toBe(3)
      expect(stderr).toContain('Error: the connection to ')
      await gate.open()
      expect(await stage.ids()).toEqual(BEFORE)
      expect(await stage.run()).toMatchObject({code: 0})
      expect(await stage.ids()).toEqual(AFTER)
    }))

  test('kill -9 of the program while ids are set leaves none, and the next run sets them all', () =>
    onUserIdsStage(async (stage) => {
      await prepare(stage)
      const gate = await waits(stage)
      const {child, result} = stage.start()
      await gate.reached()
      child.kill('SIGKILL')
      await result
      // The server finds out that nobody is there any more when it has done what it was at.
      const left = `FROM pg_stat_activity
        WHERE datname = '${stage.database}' AND application_name LIKE 'cruddur-db %'`
      await query(`SELECT pg_terminate_backend(pid) ${left}`)
      await until(
        async () => (await query(`SELECT ${left}`)).length === 0,
        () => 'the session to end',
      )
      await gate.open()
      expect(await stage.ids()).toEqual(BEFORE)
      expect(await stage.run()).toMatchObject({code: 0})
      expect(await stage.ids()).toEqual(AFTER)
    }))
})
