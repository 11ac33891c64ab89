import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import type {FileConnection} from '../../../../src/lib/cli/files.js'
import {agreeToEnd, agreeToEndShown} from '../../../../src/lib/cli/sessions/ending.js'
import {withMaintenanceClient} from '../../../../src/lib/postgres/connection/connect.js'
import {type ListedSession, listSessions} from '../../../../src/lib/postgres/sessions-list.js'
import {connect, query} from '../../../support/postgres.js'
import {targetOf} from '../../../support/target.js'

type Client = Awaited<ReturnType<typeof connect>>

const target = targetOf('postgres')
const connection: FileConnection = {signal: new AbortController().signal, onEcho: () => {}}
let victim: Client
let shown: ListedSession

beforeEach(async () => {
  victim = await connect('postgres')
  const [row] = (await victim.query<{pid: number}>('SELECT pg_backend_pid() AS pid')).rows
  const {sessions} = await withMaintenanceClient(target, (client) =>
    listSessions(client, {all: false, statements: false}),
  )
  const found = sessions.find(({process_id}) => process_id === row?.pid)
  if (!found) throw new Error('it is connected')
  shown = found
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await victim.end().catch(() => {})
})

const isThere = async (): Promise<boolean> =>
  (await query(`SELECT FROM pg_stat_activity WHERE pid = ${shown.process_id}`)).length === 1

describe('a session that is on the screen', () => {
  test('is ended', async () => {
    const ends = await agreeToEndShown(target, shown, connection)
    expect(await withMaintenanceClient(target, ends)).toEqual([])
    await expect.poll(isThere).toBe(false)
  })

  test('is not ended when its number is another one’s by now', async () => {
    const before = {...shown, backend_start: '2020-01-01T00:00:00+00:00'}
    const ends = await agreeToEndShown(target, before, connection)
    expect(await withMaintenanceClient(target, ends)).toEqual([shown.process_id])
    expect(await victim.query('SELECT 1 AS n')).toMatchObject({rows: [{n: 1}]})
  })

  test('of production’s server takes a yes, whichever of its databases is the target', async () => {
    const guarded = targetOf('postgres', {production: false, productionServer: true})
    const refused = expect.objectContaining({code: 'NOT_CONFIRMED', exit: 4})
    await expect(agreeToEndShown(guarded, shown, connection)).rejects.toEqual(refused)
    const pids = [shown.process_id]
    await expect(agreeToEnd(guarded, pids, undefined, connection)).rejects.toEqual(refused)
    await expect(agreeToEnd(guarded, pids, 'other', connection)).rejects.toEqual(refused)
    expect(await isThere()).toBe(true)
  })

  test('is ended by --confirm with the name of the database', async () => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const guarded = targetOf('postgres', {production: true, productionServer: true})
    const ends = await agreeToEnd(guarded, [shown.process_id, 2 ** 31 - 1], 'postgres', connection)
    vi.restoreAllMocks()
    expect(await withMaintenanceClient(guarded, ends)).toEqual([2 ** 31 - 1])
    await expect.poll(isThere).toBe(false)
  })
})

describe('a process of PostgreSQL’s own', () => {
  const ownProcess = async (): Promise<number> => {
    const processes = await query<{pid: number}>(
      "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'",
    )
    return processes[0]?.pid ?? 0
  }

  test.each([false, true])(
    'is not said to be gone, and nobody is ended beside it (production: %s)',
    async (production) => {
      vi.spyOn(process.stderr, 'write').mockReturnValue(true)
      const pid = await ownProcess()
      const guarded = targetOf('postgres', {production, productionServer: production})
      const confirm = production ? 'postgres' : undefined
      const ends = await agreeToEnd(guarded, [shown.process_id, pid], confirm, connection)
      await expect(withMaintenanceClient(guarded, ends)).rejects.toMatchObject({
        code: 'USAGE',
        exit: 2,
        message: `${pid} is a process of PostgreSQL's own (checkpointer); nothing was ended`,
      })
      vi.restoreAllMocks()
      expect(await victim.query('SELECT 1 AS n')).toMatchObject({rows: [{n: 1}]})
    },
  )

  test('that has got the number of a session which was shown is not meant', async () => {
    const before = {...shown, process_id: await ownProcess()}
    const ends = await agreeToEndShown(target, before, connection)
    expect(await withMaintenanceClient(target, ends)).toEqual([before.process_id])
  })
})
