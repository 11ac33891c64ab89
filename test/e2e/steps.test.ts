import {describe, expect, test} from 'vitest'
import {expectLines, MS, NOTICE, setupScreens} from '../support/setup-screen.js'
import {closeSharedGate} from '../support/shared-gate.js'

const steps = setupScreens()

describe('a setup on a terminal', () => {
  test.each([60, 80, 200])(
    'of %i columns shows what runs and for how long, what comes next, and what files say above it',
    async (columns) => {
      const before = await closeSharedGate()
      const {pass} = steps.gate
      const schema = [before.pass, NOTICE, '\\echo from the file', pass].join('\n')
      const screen = steps.open({schema, seed: pass}, {columns, rows: 20})
      await screen.shows(/^… schema 1 s$/)
      await before.open()
      await screen.shows(/^from the file$/)
      await screen.shows(/^… schema 2 s$/)
      await screen.shows(/^… schema 3 s$/)
      const lines = screen.lines()
      const list = lines.findIndex((line) => line.startsWith('… schema'))
      expect(lines.slice(list - 3, list)).toEqual([
        expect.stringMatching(/^✔ create \d+ ms$/),
        'NOTICE: from the server',
        'from the file',
      ])
      expect(lines.slice(list + 1)).toEqual([
        expect.stringMatching(/^ {2}schema\.sql {2}█+ {2}100 % {2}\d+\/\d+ B/),
        '· seed',
        '· swap',
      ])
      expect(screen.cursor()).toEqual({line: list, column: 0})
      expect(screen.look('… schema')).toMatchObject({color: 6})
      expect(screen.look('· seed')).toMatchObject({dim: true, color: undefined})
      expect(screen.look('✔ create')).toMatchObject({color: 2})
      await steps.gate.open()
      expect(await screen.ended).toBe(0)
      expectLines(screen, [
        `✔ create ${MS}`,
        'NOTICE: from the server',
        'from the file',
        `✔ schema ${MS}`,
        `✔ seed ${MS}`,
        `✔ swap ${MS}`,
        `✔ drop-previous ${MS}`,
        steps.ready,
      ])
      expect(screen.output()).not.toContain('\x1b[?25')
    },
  )

  test('that is made narrower and wider again loses nothing of what is above', async () => {
    const long = "DO $$BEGIN RAISE NOTICE 'a remark that takes more than thirty columns'; END$$;\n"
    const screen = steps.open({schema: long + steps.gate.pass}, {columns: 100})
    await screen.shows(/^… schema 1 s$/)
    screen.resize({columns: 30, rows: 30})
    await screen.shows(/^… schema [3-9] s$/)
    const list = screen.cursor().line
    expect(screen.lines().slice(list)).toEqual([
      expect.stringMatching(/^… schema \d s$/),
      '  schema.sql  100 %',
      '· seed',
      '· swap',
    ])
    screen.resize({columns: 120, rows: 30})
    await screen.shows(/^ {2}schema\.sql {2}█{20} /)
    await steps.gate.open()
    expect(await screen.ended).toBe(0)
    // xterm.js takes its cursor along with lines that wrap below it: a piece of the list may stay.
    const lines = screen.lines().filter((line) => !/^(…| {2}schema|░|█| ?100)/.test(line))
    expect(lines).toEqual(
      [
        steps.stage.targetLine.trim(),
        `✔ create ${MS}`,
        'NOTICE: a remark that takes more than thirty columns',
        ...['schema', 'seed', 'swap', 'drop-previous'].map((step) => `✔ ${step} ${MS}`),
        steps.ready,
        '',
      ].map((line) => expect.stringMatching(new RegExp(`^${line}$`))),
    )
  })

  test('of 20 columns and 5 rows loses nothing of what is above', async () => {
    const screen = steps.open({schema: NOTICE + steps.gate.pass}, {columns: 20, rows: 5})
    await screen.shows(/^… schema 1 s$/)
    await screen.shows(/^… schema 2 s$/)
    expect(screen.lines().filter((line) => line.startsWith('…'))).toHaveLength(1)
    await steps.gate.open()
    expect(await screen.ended).toBe(0)
    const text = screen.lines().join('')
    expect(text).toMatch(
      /^local {2}\w+@.*✔ create \d+ msNOTICE: from the server✔ schema \d+ ms✔ seed \d+ ms✔ swap \d+ ms✔ drop-previous \d+ msthe database "\w+" is ready$/,
    )
  })

  test('on which somebody types Enter loses nothing of what is above', async () => {
    const screen = steps.open({schema: NOTICE + steps.gate.pass})
    await screen.shows(/^… schema 1 s$/)
    screen.type('\r')
    await screen.shows(/^… schema 2 s$/)
    await steps.gate.open()
    expect(await screen.ended).toBe(0)
    const lines = screen.lines()
    expect(lines).toContain('NOTICE: from the server')
    expect(lines.slice(-6, -1)).toEqual([
      ...['schema', 'seed', 'swap', 'drop-previous'].map((step) =>
        expect.stringMatching(new RegExp(`^✔ ${step} ${MS}$`)),
      ),
      steps.ready,
    ])
  })
})
