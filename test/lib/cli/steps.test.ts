import {stripVTControlCharacters} from 'node:util'
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import {openSteps, type Steps} from '../../../src/lib/cli/steps.js'

let written: string[]
const output = (isTTY: boolean) => ({
  isTTY,
  columns: 80,
  write: (text: string) => {
    written.push(text)
    return true
  },
})

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubEnv('TERM', 'xterm-256color')
  vi.stubEnv('CI', '')
  vi.stubEnv('DEBUG', '')
  written = []
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
})

/** What was written since the last time, each time as its lines, without erasing. */
function news(): string[][] {
  const texts = written.map((text) => stripVTControlCharacters(text).replaceAll('\r', ''))
  written = []
  return texts.filter(Boolean).map((text) => text.split('\n'))
}

/** A step that is held open. */
function hold(steps: Steps, name: string) {
  const held: {done: () => void; fail: (error: Error) => void} = {done() {}, fail() {}}
  const result = steps.run(
    name,
    () =>
      new Promise<void>((resolve, reject) => {
        held.done = resolve
        held.fail = reject
      }),
  )
  result.catch(() => {})
  return {
    async done() {
      held.done()
      await result
    },
    async fail() {
      held.fail(new Error('no'))
      await result.catch(() => {})
    },
  }
}

const PROGRESS = {path: 'a.sql', bytes: 50, total: 100, statements: 0, rows: 0}

describe('on a terminal', () => {
  test('what is done in 200 ms leaves its lines and no list', async () => {
    const steps = openSteps(['create', 'swap'], {output: output(true)})
    const create = hold(steps, 'create')
    vi.advanceTimersByTime(90)
    await create.done()
    const swap = hold(steps, 'swap')
    vi.advanceTimersByTime(90)
    await swap.done()
    steps.end()
    expect(news()).toEqual([
      ['✔ create 90 ms', ''],
      ['✔ swap 90 ms', ''],
    ])
  })

  test('the list shows what runs, with its time, and what comes next; done steps stay above it', async () => {
    const steps = openSteps(['create', 'schema', 'swap'], {output: output(true)})
    vi.advanceTimersByTime(200)
    expect(news()).toEqual([['· create', '· schema', '· swap']])
    const create = hold(steps, 'create')
    vi.advanceTimersByTime(1600)
    expect(news()).toEqual([
      ['… create 0 s', '· schema', '· swap'],
      ['… create 1 s', '· schema', '· swap'],
      ['… create 2 s', '· schema', '· swap'],
    ])
    await create.done()
    expect(written[0]).toBe('\r\x1b[J')
    expect(news()).toEqual([
      ['✔ create 1600 ms', ''],
      ['· schema', '· swap'],
    ])
    const schema = hold(steps, 'schema')
    await schema.done()
    const swap = hold(steps, 'swap')
    await swap.done()
    expect(news().at(-1)).toEqual(['✔ swap 0 ms', ''])
    steps.end()
    expect(news()).toEqual([])
    expect(steps.done).toEqual([
      {step: 'create', ms: 1600},
      {step: 'schema', ms: 0},
      {step: 'swap', ms: 0},
    ])
  })

  test('a step that was not foreseen comes when it comes', async () => {
    const steps = openSteps(['swap'], {output: output(true)})
    vi.advanceTimersByTime(200)
    await hold(steps, 'swap').done()
    news()
    const drop = hold(steps, 'drop-previous')
    expect(news()).toEqual([['… drop-previous 0 s']])
    await drop.done()
    steps.end()
    expect(news()).toEqual([['✔ drop-previous 0 ms', '']])
  })

  test('the bar of a step stands below it as long as it is open', () => {
    const steps = openSteps(['schema', 'seed'], {output: output(true)})
    vi.advanceTimersByTime(1000)
    hold(steps, 'schema')
    const bar = steps.openBar()
    bar.update(PROGRESS)
    news()
    vi.advanceTimersByTime(300)
    expect(news().at(-1)).toEqual([
      '… schema 0 s',
      '  a.sql  ██████████░░░░░░░░░░  50 %  50/100 B  0 B/s',
      '· seed',
    ])
    bar.stop()
    vi.advanceTimersByTime(100)
    expect(news().at(-1)).toEqual(['… schema 0 s', '· seed'])
    steps.end()
  })

  test('remarks are whole lines above what is not done', async () => {
    const terminal = output(true)
    const steps = openSteps(['create', 'swap'], {output: terminal})
    await hold(steps, 'create').done()
    vi.advanceTimersByTime(200)
    news()
    steps.interrupt(() => terminal.write('NOTICE: one\n'))
    expect(written).toEqual(['\r\x1b[J', 'NOTICE: one\n', expect.stringContaining('· swap')])
    steps.end()
  })

  test('a failure marks the step, says what was not done, and nothing is drawn behind it', async () => {
    const steps = openSteps(['create', 'schema', 'seed', 'swap'], {output: output(true)})
    await hold(steps, 'create').done()
    const schema = hold(steps, 'schema')
    vi.advanceTimersByTime(300)
    news()
    await schema.fail()
    vi.advanceTimersByTime(10_000)
    steps.end()
    steps.end()
    expect(news()).toEqual([
      ['✖ schema', ''],
      ['· seed not done', ''],
      ['· swap not done', ''],
    ])
    expect(steps.done).toEqual([{step: 'create', ms: 0}])
  })

  test('an end between two steps says what was not done; one before the first says nothing', async () => {
    const unbegun = openSteps(['create', 'swap'], {output: output(true)})
    vi.advanceTimersByTime(300)
    news()
    unbegun.end()
    expect(news()).toEqual([])
    const steps = openSteps(['create', 'swap'], {output: output(true)})
    await hold(steps, 'create').done()
    news()
    steps.end()
    expect(news()).toEqual([['· swap not done', '']])
  })

  test('ended, they are quiet: no timer, no listener', () => {
    const listeners = ['exit', 'SIGTSTP'].map((event) => process.listenerCount(event))
    const steps = openSteps(['create'], {output: output(true)})
    vi.advanceTimersByTime(300)
    steps.end()
    expect(vi.getTimerCount()).toBe(0)
    expect(['exit', 'SIGTSTP'].map((event) => process.listenerCount(event))).toEqual(listeners)
  })

  test('the cursor is never hidden', async () => {
    const steps = openSteps(['create', 'swap'], {output: output(true)})
    const create = hold(steps, 'create')
    vi.advanceTimersByTime(1000)
    await create.done()
    steps.end()
    expect(written.join('')).not.toContain('?25')
  })
})

describe.each<[string, Record<string, string>, boolean]>([
  ['a pipe', {}, false],
  ['a dumb terminal', {TERM: 'dumb'}, true],
  ['a terminal of CI', {CI: 'true'}, true],
  ['a terminal that DEBUG writes to as well', {DEBUG: 'cruddur-db:*'}, true],
])('on %s', (_, env, isTTY) => {
  test('each step is a line when it is over, and nothing else is written', async () => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    const terminal = output(isTTY)
    const steps = openSteps(['create', 'schema', 'swap'], {output: terminal})
    const create = hold(steps, 'create')
    const bar = steps.openBar()
    bar.update(PROGRESS)
    vi.advanceTimersByTime(5000)
    steps.interrupt(() => terminal.write('NOTICE: one\n'))
    bar.stop()
    await create.done()
    await hold(steps, 'schema').fail()
    steps.end()
    expect(written.map(stripVTControlCharacters)).toEqual([
      'NOTICE: one\n',
      '✔ create 5000 ms\n',
      '✖ schema\n',
    ])
    expect(written.join('')).not.toMatch(/[\r░█]/)
  })
})

test.each([true, false])(
  'quiet steps are timed and not shown, on a terminal (%s) or elsewhere',
  async (isTTY) => {
    const terminal = output(isTTY)
    const steps = openSteps(['create', 'schema', 'swap'], {output: terminal, quiet: true})
    const create = hold(steps, 'create')
    steps.openBar().update(PROGRESS)
    vi.advanceTimersByTime(1000)
    await create.done()
    steps.interrupt(() => terminal.write('WARNING: one\n'))
    await hold(steps, 'schema').fail()
    steps.end()
    expect(written).toEqual(['WARNING: one\n'])
    expect(steps.done).toEqual([{step: 'create', ms: 1000}])
  },
)
