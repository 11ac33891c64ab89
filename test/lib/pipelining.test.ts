import pg from 'pg'
import {afterEach, describe, expect, test} from 'vitest'
import {inPipeline, together, withoutPipeline} from '../../src/lib/pipelining.js'
import {urlOf} from '../support/postgres.js'
import {openRecorder, type Recorder} from '../support/wire-recorder.js'

const closing: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** A connection to the test server by way of a recorder. */
async function recorded(): Promise<{client: pg.Client; recorder: Recorder}> {
  const url = new URL(urlOf('postgres'))
  const recorder = await openRecorder({host: url.hostname, port: Number(url.port || 5432)})
  closing.push(recorder.close)
  Object.assign(url, {hostname: '127.0.0.1', port: recorder.port})
  const client = new pg.Client({connectionString: url.href})
  await client.connect()
  closing.push(() => client.end())
  return {client, recorder}
}

/** What was asked together, flight by flight, since the login. */
function asked(recorder: Recorder): (string | undefined)[][] {
  const flights = recorder.recording().connections.flat()
  const queries = flights.map(({messages}) => messages.filter(({type}) => type === 'Q'))
  return queries.filter(({length}) => length > 0).map((some) => some.map(({sql}) => sql))
}

const ask = (client: pg.Client, ...queries: string[]) =>
  Promise.all(queries.map((sql) => client.query(sql)))

describe('together', () => {
  test('gives the results in the order of what was begun', async () => {
    const late = new Promise((resolve) => setImmediate(resolve, 'late'))
    expect(await together([late, Promise.resolve(2), 'no promise'])).toEqual([
      'late',
      2,
      'no promise',
    ])
  })

  test('waits for all, also when one has failed', async () => {
    let finish = (): void => {}
    const slow = new Promise<void>((resolve) => {
      finish = resolve
    })
    let over = false
    const outcome = together([Promise.reject(new Error('no')), slow]).catch((error: unknown) => {
      over = true
      return error
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(over).toBe(false)
    finish()
    expect(await outcome).toEqual(new Error('no'))
  })

  test('throws the first failure in order, not in time, and leaves none unhandled', async () => {
    const first = new Promise((_, reject) => setImmediate(reject, new Error('first')))
    const second = Promise.reject(new Error('second'))
    await expect(together([1, first, second])).rejects.toThrow('first')
  })
})

describe('inPipeline', () => {
  test('sends what is asked together in one flight', async () => {
    const {client, recorder} = await recorded()
    await inPipeline(client, () => ask(client, 'SELECT 1', 'SELECT 2', 'SELECT 3'))
    expect(asked(recorder)).toEqual([['SELECT 1', 'SELECT 2', 'SELECT 3']])
  })

  test('gives each query its own answer, and its own failure', async () => {
    const {client} = await recorded()
    const answers = await inPipeline(client, () =>
      Promise.allSettled([
        client.query('SELECT 1 AS n'),
        client.query('SELECT 1 / 0'),
        client.query('SELECT $1::int AS n', [3]),
      ]),
    )
    expect(answers).toMatchObject([
      {value: {rows: [{n: 1}]}},
      {reason: {code: '22012'}},
      {value: {rows: [{n: 3}]}},
    ])
  })

  test('ends with what it ran', async () => {
    const {client, recorder} = await recorded()
    expect(await inPipeline(client, async () => 'done')).toBe('done')
    await ask(client, 'SELECT 1', 'SELECT 2')
    expect(asked(recorder)).toEqual([['SELECT 1'], ['SELECT 2']])
  })

  test('ends with what it ran when that fails', async () => {
    const {client, recorder} = await recorded()
    await expect(inPipeline(client, () => client.query('SELECT 1 / 0'))).rejects.toThrow('division')
    await ask(client, 'SELECT 1', 'SELECT 2')
    expect(asked(recorder)).toEqual([['SELECT 1 / 0'], ['SELECT 1'], ['SELECT 2']])
  })
})

describe('withoutPipeline', () => {
  test('sends one query after the other, and goes back to what was before', async () => {
    const {client, recorder} = await recorded()
    await inPipeline(client, async () => {
      await withoutPipeline(client, () => ask(client, 'SELECT 1', 'SELECT 2'))
      await ask(client, 'SELECT 3', 'SELECT 4')
    })
    await ask(client, 'SELECT 5', 'SELECT 6')
    expect(asked(recorder)).toEqual([
      ['SELECT 1'],
      ['SELECT 2'],
      ['SELECT 3', 'SELECT 4'],
      ['SELECT 5'],
      ['SELECT 6'],
    ])
  })

  test('goes back after a failure too', async () => {
    const {client, recorder} = await recorded()
    await inPipeline(client, async () => {
      const failing = withoutPipeline(client, () => client.query('SELECT 1 / 0'))
      await expect(failing).rejects.toMatchObject({code: '22012'})
      await ask(client, 'SELECT 1', 'SELECT 2')
    })
    expect(asked(recorder)).toEqual([['SELECT 1 / 0'], ['SELECT 1', 'SELECT 2']])
  })
})
