import {execFileSync, spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync, statfsSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {embeddedUrl, startServer, stopServer} from '../../src/lib/embedded/server.js'
import {withMaintenanceClient} from '../../src/lib/postgres/connection/connect.js'
import {createDatabase} from '../../src/lib/postgres/databases.js'
import {resolveTarget} from '../../src/lib/target/target.js'
import {withDatabase} from '../support/postgres.js'
import {errorOf, load, scriptOf} from './sql/support.js'

const folderFor = (what: string): string => mkdtempSync(join(tmpdir(), `cruddur-db-${what}-`))
const [disk, wal] = [folderFor('disk'), folderFor('wal')]
const ballast = join(disk, 'ballast')
let mounted = false

beforeAll(() => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return
  const mount = ['-t', 'tmpfs', '-o', 'size=200m', 'tmpfs', disk]
  mounted = spawnSync('mount', mount).status === 0
})
afterAll(async () => {
  if (mounted) {
    await stopServer(disk)
    execFileSync('umount', ['--lazy', disk])
  }
  for (const each of [disk, wal]) rmSync(each, {recursive: true})
})

test('a disk that is full when a database is created: what to do, and there is no half of one', async ({
  skip,
}) => {
  skip(!mounted, 'this user may not mount a small disk')
  await startServer(disk)
  await stopServer(disk)
  // Where there is room for its log, the server survives.
  execFileSync('mv', [join(disk, 'data', 'pg_wal'), wal])
  execFileSync('chmod', ['a+rx', wal])
  symlinkSync(join(wal, 'pg_wal'), join(disk, 'data', 'pg_wal'))
  const url = embeddedUrl(await startServer(disk), 'made')
  const {bavail, bsize} = statfsSync(disk)
  writeFileSync(ballast, Buffer.alloc(bavail * bsize - 2_000_000))
  const context = {env: {}, homeDir: '/nonexistent', osUser: 'tester'}
  const target = resolveTarget({prod: false, url, command: 'test'}, context)
  if (!target) throw new Error('a URL names a target')
  const create = (): Promise<boolean> =>
    withMaintenanceClient(target, (client) => createDatabase(client, 'made'))
  const error = await errorOf(create)
  expect(error).toMatchObject({
    code: 'SERVER_FULL',
    exit: 1,
    message: expect.stringMatching(/^could not (extend|write)/),
    details: {sqlstate: '53100', hint: expect.stringMatching(/disk space/)},
  })
  rmSync(ballast)
  expect(await create()).toBe(true)
})

/** What a trigger raises when it is fired: at once, or at COMMIT. */
const trigger = (raise: string, when: string): string => `
  CREATE TABLE a (n int);
  CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${raise}; RETURN NULL; END $$;
  CREATE CONSTRAINT TRIGGER t AFTER INSERT ON a ${when} FOR EACH ROW EXECUTE FUNCTION f();
  INSERT INTO a VALUES (1);`
const FULL = "RAISE 'no room' USING ERRCODE = 'disk_full'"

test.each([
  ['in a file', '', 'no room', {line: 5}],
  ['at COMMIT', 'DEFERRABLE INITIALLY DEFERRED', 'no room (at COMMIT; nothing was kept)', {}],
])('a disk that is full %s: where, and what to do', async (_, when, message, place) => {
  await withDatabase(async (database) => {
    const script = await scriptOf(trigger(FULL, when), {database})
    expect(await errorOf(() => load(script))).toMatchObject({
      code: 'SQL_ERROR',
      exit: 1,
      message,
      details: {
        file: 'x.sql',
        ...place,
        sqlstate: '53100',
        hint: 'free disk space on the server, or enlarge its storage, then try again',
      },
    })
  })
})

test.each([
  ['insufficient_privilege', '42501', 'log in as a role that may, or have the right granted'],
  [
    'out_of_memory',
    '53200',
    'free memory on the server, or have it use less (work_mem), then try again',
  ],
  ['io_error', '58030', 'look into the server’s log: its disk fails, or may not be written to'],
])('%s in a file: where, and what to do', async (condition, sqlstate, hint) => {
  await withDatabase(async (database) => {
    const raise = `RAISE 'no' USING ERRCODE = '${condition}'`
    const script = await scriptOf(trigger(raise, ''), {database})
    expect(await errorOf(() => load(script))).toMatchObject({
      code: 'SQL_ERROR',
      details: {file: 'x.sql', line: 5, sqlstate, hint},
    })
  })
})
