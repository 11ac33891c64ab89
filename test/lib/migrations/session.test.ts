import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {migration} from '../../support/migrations.js'
import {type MigrationStage, openMigrationStage} from './stage.js'

let stage: MigrationStage
beforeEach(async () => {
  stage = await openMigrationStage()
})
afterEach(() => stage.close())

describe('a migration is recorded whatever it does to its session:', () => {
  test.each([
    ['SET ROLE', 'SET ROLE pg_monitor;'],
    ['SET LOCAL ROLE', 'SET LOCAL ROLE pg_monitor;'],
    ['SET SESSION AUTHORIZATION', 'SET SESSION AUTHORIZATION pg_monitor;'],
    ['SET search_path', "CREATE SCHEMA other; SET search_path = '', other;"],
    ['SET TRANSACTION', 'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;'],
    ['old strings', "SET standard_conforming_strings = off;\nSELECT 'a\\'b';"],
    ['another encoding', "SET client_encoding = 'LATIN1';"],
    ['read-only ones to come', 'SET default_transaction_read_only = on;'],
    ['deferred constraints', 'CREATE TABLE t (n int UNIQUE DEFERRABLE INITIALLY DEFERRED);'],
    ['rows of a COPY', 'CREATE TABLE t (n int);\nCOPY t FROM stdin;\n1\n2\n\\.\n'],
    ['a last statement without an end', 'SELECT 1'],
    ['a last line that is a comment', 'SELECT 1 -- done'],
  ])('%s', async (_, sql) => {
    stage.folder.write({
      '0001_ünder "qu\'ote\\': migration(sql),
      '0002_next': migration('SELECT 1;'),
    })
    await stage.migrate()
    expect(await stage.applied()).toEqual(['ünder "qu\'ote\\', 'next'])
  })
})

describe('a migration finds its session as a new one, whatever the one before did:', () => {
  test.each([
    ['a role', 'SET ROLE pg_monitor;', 'SELECT 1 / (current_user = session_user)::int;'],
    [
      'a setting',
      "SET my.own = 'x';",
      "SELECT 1 / (current_setting('my.own', true) IS NULL)::int;",
    ],
    ['a search_path', 'SET search_path = pg_catalog;', 'CREATE TABLE here (n int);'],
    [
      'a temporary table',
      'CREATE TEMP TABLE t (n int);',
      "SELECT 1 / (to_regclass('t') IS NULL)::int;",
    ],
    ['a prepared statement', 'PREPARE p AS SELECT 1;', 'PREPARE p AS SELECT 2;'],
    [
      'a cursor',
      'DECLARE c CURSOR WITH HOLD FOR SELECT 1;',
      'DECLARE c CURSOR WITH HOLD FOR SELECT 1;',
    ],
    [
      'a setting of the database',
      "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = 7777', current_database()); END $$;",
      "SELECT 1 / (current_setting('work_mem') = '7777kB')::int;",
    ],
    [
      'a lock',
      'SELECT pg_advisory_lock(7);',
      "SELECT 1 / (count(*) = 1)::int FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();",
    ],
    [
      'our lock given up',
      'SELECT pg_advisory_unlock_all();',
      "SELECT 1 / (count(*) = 1)::int FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();",
    ],
  ])('%s', async (_, first, second) => {
    stage.folder.write({'0001_first': migration(first), '0002_second': migration(second)})
    await stage.migrate()
    expect(await stage.applied()).toEqual(['first', 'second'])
  })
})
