import {execFileSync} from 'node:child_process'
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {spawn} from '@lydell/node-pty'
import {describe, expect, test} from 'vitest'
import {connect} from '../support/postgres.js'
import {programCommand} from '../support/program.js'
import {expectLines, MS, NOTICE, setupScreens} from '../support/setup-screen.js'
import {until} from '../support/wait.js'

const CTRL_C = '\u0003'
const INTERRUPTED = 'Error: interrupted'

const steps = setupScreens()

function hasBash(): boolean {
  try {
    execFileSync('bash', ['-c', ':'])
    return true
  } catch {
    return false
  }
}

test('a setup that fails says which step did, what was not done, and why', async () => {
  const screen = steps.open({schema: `${steps.gate.pass}\nSELECT 1 / 0;`})
  await screen.shows(/^… schema 1 s$/)
  await steps.gate.open()
  expect(await screen.ended).toBe(1)
  expectLines(screen, [
    `✔ create ${MS}`,
    '✖ schema',
    '· seed not done',
    '· swap not done',
    'Error: schema.sql:2:1: division by zero',
    ' {3}2 . SELECT 1 / 0;',
    ' {5}. \\^',
    ' {2}SQLSTATE 22012',
  ])
  expect(screen.look('✖')).toMatchObject({color: 1})
})

describe('Ctrl-C on a terminal', () => {
  const expectAsBefore = async (): Promise<void> => {
    await steps.stage.noSession()
    expect(await steps.stage.state()).toMatchObject({rows: [{n: 1, t: 'a'}]})
  }

  test.each([
    ['schema', ['✔ create', '✖ schema', '· seed not done', '· swap not done']],
    ['seed', ['✔ create', '✔ schema', '✖ seed', '· swap not done']],
  ])('while %s runs ends the list with what was not done', async (step, wanted) => {
    const screen = steps.open({[step]: steps.gate.pass})
    await screen.shows(new RegExp(`^… ${step} `))
    screen.type(CTRL_C)
    expect(await screen.ended).toBe(130)
    expectLines(screen, [
      ...wanted.map((line) => (line.startsWith('✔') ? `${line} ${MS}` : line)),
      INTERRUPTED,
    ])
    await expectAsBefore()
  })

  test.each([
    ['create', ['✖ create', '· schema not done', '· seed not done', '· swap not done']],
    ['swap', ['✔ create', '✔ schema', '✔ seed', '✖ swap']],
  ])('while %s is held up', async (step, wanted) => {
    const screen = step === 'create' ? undefined : steps.open({seed: steps.gate.pass})
    if (screen) await screen.shows(/^… seed /)
    const locker = await connect('postgres')
    try {
      // Who comments on a database keeps others from renaming it, and from making a new one after its model.
      const locked = step === 'create' ? ['template0', 'template1'] : [steps.stage.database]
      await locker.query('BEGIN')
      for (const name of locked) await locker.query(`COMMENT ON DATABASE "${name}" IS 'held'`)
      await steps.gate.open()
      const held = screen ?? steps.open({})
      await held.shows(new RegExp(`^… ${step} `))
      held.type(CTRL_C)
      await held.shows(new RegExp(`^✖ ${step}$`))
      await locker.query('ROLLBACK')
      expect(await held.ended).toBe(130)
      expectLines(held, [
        ...wanted.map((line) => (line.startsWith('✔') ? `${line} ${MS}` : line)),
        INTERRUPTED,
      ])
    } finally {
      await locker.end()
    }
    await expectAsBefore()
  })
})

describe('Ctrl-Z', () => {
  test.skipIf(!hasBash())('takes the list off for the shell, and fg brings it back', async () => {
    writeFileSync(join(steps.folder, 'schema.sql'), `${steps.gate.pass}\n`)
    const {file, args, options} = programCommand(
      ['setup', '--schema-file', 'schema.sql', '--no-seed'],
      {env: {CONNECTION_URL: steps.stage.url, TERM: 'xterm-256color'}},
    )
    const shell = spawn('bash', ['--norc', '--noprofile', '-i'], {
      cols: 200,
      cwd: steps.folder,
      env: {...options.env, PS1: '$ '},
    })
    let output = ''
    shell.onData((data) => {
      output += data
    })
    const shows = (text: RegExp) =>
      until(
        () => text.test(output),
        () => `${text} in ${output}`,
      )
    shell.write(`${[file, ...args].join(' ')}\r`)
    await shows(/ schema .*1 s/)
    shell.write('\x1a')
    await shows(/Stopped/)
    const stopped = output.slice(output.lastIndexOf('\x1b[?7h'), output.indexOf('Stopped'))
    expect(stopped.replaceAll(/\^Z|\s|\[\d]\+/g, '')).toBe('\x1b[?7h\x1b[J')
    output = ''
    shell.write('fg\r')
    await shows(/ schema /)
    await steps.gate.open()
    await shows(/is ready/)
    shell.write('exit\r')
    await new Promise<void>((resolve) => shell.onExit(() => resolve()))
  })

  test('where nobody could bring it back changes nothing', async () => {
    const screen = steps.open({schema: steps.gate.pass})
    await screen.shows(/^… schema 1 s$/)
    process.kill(screen.pid, 'SIGTSTP')
    await screen.shows(/^… schema 2 s$/)
    await steps.gate.open()
    expect(await screen.ended).toBe(0)
  })
})

test('a program that is killed leaves the cursor to be seen, and the lines above', async () => {
  const screen = steps.open({schema: NOTICE + steps.gate.pass})
  await screen.shows(/^… schema 1 s$/)
  process.kill(screen.pid, 'SIGKILL')
  await screen.ended
  expect(screen.output()).not.toContain('\x1b[?25')
  expect(screen.output().split('\x1b[?7l').length).toBe(screen.output().split('\x1b[?7h').length)
  expect(screen.lines()).toContain('NOTICE: from the server')
})
