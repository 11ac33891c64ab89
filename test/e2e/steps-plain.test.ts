import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {MS, NOTICE, setupScreens} from '../support/setup-screen.js'

const steps = setupScreens()

describe('a terminal that wants it plain', () => {
  const PLAIN = () => [
    steps.stage.targetLine.trim(),
    `✔ create ${MS}`,
    'NOTICE: from the server',
    ...['schema', 'seed', 'swap', 'drop-previous'].map((step) => `✔ ${step} ${MS}`),
    steps.ready,
  ]

  test.each<[string, Record<string, string>]>([
    ['TERM=dumb', {TERM: 'dumb'}],
    ['CI and NO_COLOR', {CI: 'true', NO_COLOR: '1'}],
  ])('%s: gets the lines of a pipe, and no control sequence', async (_, env) => {
    const screen = steps.open({schema: NOTICE + steps.gate.pass}, {env})
    await steps.stage.session("wait_event = 'PgSleep'")
    await steps.gate.open()
    expect(await screen.ended).toBe(0)
    expect(screen.output()).toMatch(new RegExp(`^${PLAIN().join('\\r\\n')}\\r\\n$`))
  })

  test('NO_COLOR: has the list, without colours', async () => {
    const screen = steps.open({schema: NOTICE + steps.gate.pass}, {env: {NO_COLOR: '1'}})
    await screen.shows(/^… schema 1 s$/)
    await steps.gate.open()
    expect(await screen.ended).toBe(0)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what colours are made of
    expect(screen.output()).not.toMatch(/\x1b\[[\d;]*m/)
  })
})

test('a terminal with --quiet shows nothing but the end of it', async () => {
  const screen = steps.open({schema: NOTICE + steps.gate.pass}, {args: ['--quiet']})
  await steps.stage.session("wait_event = 'PgSleep'")
  await steps.gate.open()
  expect(await screen.ended).toBe(0)
  expect(screen.output()).toBe('')
})

test('a pipe gets one line for each step when it is over, and nothing else', async () => {
  writeFileSync(join(steps.folder, 'schema.sql'), NOTICE)
  writeFileSync(join(steps.folder, 'seed.sql'), 'SELECT 1;\n')
  const run = steps.stage.run(['setup', '--schema-file', 'schema.sql', '--seed-file', 'seed.sql'])
  const {code, stdout, stderr} = await run
  expect({code, stdout}).toEqual({code: 0, stdout: `${steps.ready}\n`})
  expect(stderr).toMatch(
    new RegExp(
      `^${steps.stage.targetLine}✔ create ${MS}\nNOTICE: from the server\n✔ schema ${MS}\n✔ seed ${MS}\n✔ swap ${MS}\n✔ drop-previous ${MS}\n$`,
    ),
  )
})
