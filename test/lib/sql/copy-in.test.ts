import type pg from 'pg'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {copyIn} from '../../../src/lib/sql/copy-in.js'
import {connect, query} from '../../support/postgres.js'

let client: pg.Client
beforeEach(async () => {
  client = await connect('postgres')
  await client.query('CREATE TEMP TABLE t (a int PRIMARY KEY, b text)')
})
afterEach(async () => {
  await client.end().catch(() => {})
})

const COPY = 'COPY t FROM stdin'

/** Rows, and whether their reader let go of them. */
function rowsOf(chunks: Iterable<string> | AsyncIterable<string>) {
  const state = {given: 0, closed: false}
  const rows = async function* () {
    try {
      for await (const chunk of chunks) {
        state.given++
        yield Buffer.from(chunk)
      }
    } finally {
      state.closed = true
    }
  }
  return {state, rows: rows()}
}

const kept = async () => {
  const {rows} = await client.query<{count: number; sum: string | null}>(
    'SELECT count(*)::int AS count, sum(a) FROM t',
  )
  return rows[0]
}

const pidOf = async () => {
  const {rows} = await client.query<{pid: number}>('SELECT pg_backend_pid() AS pid')
  return rows[0]?.pid
}

describe('rows are copied', () => {
  test.each<[string, string[], number]>([
    ['none', [], 0],
    ['none, in an empty chunk', [''], 0],
    ['one', ['1\ta\n'], 1],
    ['the last without a line end', ['1\ta\n2\tb'], 2],
    ['cut anywhere', [...'1\ta\n2\té\n3\t\\N\n'], 3],
    ['with CRLF', ['1\ta\r\n2\tb\r\n'], 2],
  ])('%s', async (_, chunks, count) => {
    const {state, rows} = rowsOf(chunks)
    expect(await copyIn(client, COPY, rows)).toBe(count)
    expect(await kept()).toMatchObject({count})
    await expect.poll(() => state.closed).toBe(true)
  })

  test('with options', async () => {
    const {rows} = rowsOf(['a,b\n1,"x\n', 'y"\n'])
    expect(await copyIn(client, `${COPY} WITH (FORMAT csv, HEADER)`, rows)).toBe(1)
  })

  test('twice in a row, and between other queries', async () => {
    expect(await copyIn(client, COPY, rowsOf(['1\ta\n']).rows)).toBe(1)
    expect(await copyIn(client, COPY, rowsOf(['2\ta\n']).rows)).toBe(1)
    expect(await kept()).toEqual({count: 2, sum: '3'})
  })

  test('a million, no faster than the server takes them', async () => {
    const rows = function* () {
      for (let first = 0; first < 1_000_000; first += 1000)
        yield Array.from({length: 1000}, (_, n) => `${first + n}\tsome text\n`).join('')
    }
    const before = process.memoryUsage().external
    let most = 0
    const watched = async function* () {
      for (const chunk of rows()) {
        most = Math.max(most, process.memoryUsage().external - before)
        yield Buffer.from(chunk)
      }
    }
    expect(await copyIn(client, COPY, watched())).toBe(1_000_000)
    expect(most).toBeLessThan(16 * 1024 * 1024)
  })
})

describe('what the server refuses', () => {
  /** More rows than any buffer holds. */
  const endless = async function* () {
    for (let row = 10; ; row++) {
      yield `${row}\t${'x'.repeat(1000)}\n`
      // Lets the server's answer in.
      if (row % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
  }

  test.each<[string, string, string]>([
    ['a table that is not there', 'COPY nosuch FROM stdin', '42P01'],
    ['a statement that is none', 'COPY t FORM stdin', '42601'],
    ['an option that is none', `${COPY} (nosuch)`, '42601'],
  ])('%s: ends the reading, and the connection goes on', async (_, sql, code) => {
    const {state, rows} = rowsOf(endless())
    await expect(copyIn(client, sql, rows)).rejects.toMatchObject({code})
    await expect.poll(() => state.closed).toBe(true)
    expect(await kept()).toMatchObject({count: 0})
  })

  test('a table that is not there, without any row', async () => {
    await expect(copyIn(client, 'COPY nosuch FROM stdin', rowsOf([]).rows)).rejects.toMatchObject({
      code: '42P01',
    })
    expect(await kept()).toMatchObject({count: 0})
  })

  test('a wrong row, the first of very many', async () => {
    const {state, rows} = rowsOf(
      (async function* () {
        yield 'a\tb\n'
        yield* endless()
      })(),
    )
    await expect(copyIn(client, COPY, rows)).rejects.toMatchObject({
      code: '22P02',
      where: expect.stringContaining('COPY t, line 1'),
    })
    await expect.poll(() => state.closed).toBe(true)
    expect(await kept()).toMatchObject({count: 0})
  })

  test('a wrong row, the last', async () => {
    await expect(copyIn(client, COPY, rowsOf(['1\ta\n', '1\tb\n']).rows)).rejects.toMatchObject({
      code: '23505',
    })
    expect(await kept()).toMatchObject({count: 0})
  })

  test('while the next row is still being waited for', async () => {
    const rows = rowsOf(
      (async function* () {
        yield 'a\tb\n'.repeat(100_000)
        await new Promise((resolve) => setTimeout(resolve, 300))
        yield '1\ta\n'
      })(),
    )
    await expect(copyIn(client, COPY, rows.rows)).rejects.toMatchObject({code: '22P02'})
    expect(await kept()).toMatchObject({count: 0})
  })

  test('in a transaction, which is then aborted as psql has it', async () => {
    await client.query('BEGIN')
    await expect(copyIn(client, COPY, rowsOf(['a\tb\n']).rows)).rejects.toMatchObject({
      code: '22P02',
    })
    await expect(client.query('SELECT 1')).rejects.toMatchObject({code: '25P02'})
    expect(await client.query('ROLLBACK')).toMatchObject({command: 'ROLLBACK'})
    expect(await kept()).toMatchObject({count: 0})
  })

  test('a statement that is no COPY from here does not hang', async () => {
    await expect(copyIn(client, 'SELECT 1/0', rowsOf(endless()).rows)).rejects.toMatchObject({
      code: '22012',
    })
    expect(await kept()).toMatchObject({count: 0})
  })
})

describe('rows that cannot be read on', () => {
  const failing = async function* (chunks: readonly string[]) {
    yield* chunks
    throw new Error('EIO: i/o error')
  }
  test.each<[string, string[]]>([
    ['before the first', []],
    ['in the middle', ['1\ta\n', '2\tb']],
    ['behind 10 MB', ['1\ta\n', `2\t${'x'.repeat(10 * 1024 * 1024)}\n`]],
  ])(
    '%s: nothing is kept, the error is that of the reading, the connection goes on',
    async (_, chunks) => {
      await expect(copyIn(client, COPY, rowsOf(failing(chunks)).rows)).rejects.toThrow(
        'EIO: i/o error',
      )
      expect(await kept()).toMatchObject({count: 0})
    },
  )

  test('though the server would refuse them too', async () => {
    await expect(
      copyIn(client, 'COPY nosuch FROM stdin', rowsOf(failing([])).rows),
    ).rejects.toThrow()
    expect(await kept()).toMatchObject({count: 0})
  })
})

describe('a connection that is lost', () => {
  test('between two rows', async () => {
    const pid = await pidOf()
    const rows = async function* () {
      yield '1\ta\n'
      const ended = new Promise((resolve) => client.once('end', resolve))
      await query(`SELECT pg_terminate_backend(${pid})`)
      await ended
      for (let row = 2; row < 100; row++) yield `${row}\ta\n`
    }
    const {state, rows: given} = rowsOf(rows())
    await expect(copyIn(client, COPY, given)).rejects.toBeInstanceOf(Error)
    await expect.poll(() => state.closed).toBe(true)
  })

  test('while the rows are being sent', async () => {
    const pid = await pidOf()
    const rows = async function* () {
      for (let row = 0; ; row++) {
        if (row === 1000) await query(`SELECT pg_terminate_backend(${pid})`)
        yield `${row}\t${'x'.repeat(10_000)}\n`
      }
    }
    await expect(copyIn(client, COPY, rowsOf(rows()).rows)).rejects.toBeInstanceOf(Error)
  })

  test('when the rows cannot be read on either', async () => {
    const pid = await pidOf()
    const rows = async function* () {
      yield '1\ta\n'
      const ended = new Promise((resolve) => client.once('end', resolve))
      await query(`SELECT pg_terminate_backend(${pid})`)
      await ended
      throw new Error('EIO: i/o error')
    }
    await expect(copyIn(client, COPY, rowsOf(rows()).rows)).rejects.toBeInstanceOf(Error)
  })

  test('before it began', async () => {
    const pid = await pidOf()
    const ended = new Promise((resolve) => client.once('end', resolve))
    await query(`SELECT pg_terminate_backend(${pid})`)
    await ended
    await expect(copyIn(client, COPY, rowsOf(['1\ta\n']).rows)).rejects.toBeInstanceOf(Error)
    await expect(copyIn(client, COPY, rowsOf([]).rows)).rejects.toBeInstanceOf(Error)
  })
})
