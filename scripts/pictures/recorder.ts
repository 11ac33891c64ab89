import {setTimeout as sleep} from 'node:timers/promises'
import {type IPty, spawn} from '@lydell/node-pty'
import xterm from '@xterm/headless'
import {type ProgramOptions, programCommand} from '../../test/support/program.js'
import {until} from '../../test/support/wait.js'
import {type Frame, paced} from './pace.js'
import {renamed, type Screen, screenOf} from './screen.js'

export interface Recorder {
  /** Shows a prompt and a command typed behind it, runs the built program and gives what it is asked. */
  run: (command: string, dialogue?: readonly Answer[]) => Promise<void>
  frames: () => readonly Frame[]
  close: () => void
}

/** What is typed once the line the cursor is in matches. */
export interface Answer {
  prompt: RegExp
  type: string
}

interface RecorderOptions extends ProgramOptions {
  columns: number
  rows: number
  /** Paths of this machine, and what is shown in their place. */
  names: ReadonlyMap<string, string>
}

/** How long the result of a command can be read. */
const READING_MS = 2500
const KEY_MS = 55
const PROMPT = '\u001b[1;32m$\u001b[0m '

/** A terminal that is filmed while the program runs in it, with the times that suit a viewer. */
export function openRecorder({columns, names, rows, ...options}: RecorderOptions): Recorder {
  const terminal = new xterm.Terminal({cols: columns, rows, scrollback: 0, allowProposedApi: true})
  const film: Frame[] = []
  let now = 0
  const write = (data: string): Promise<void> =>
    new Promise((resolve) => terminal.write(data, resolve))
  const shot = (at: number, typing: boolean): Frame => ({
    at,
    screen: renamed(screenOf(terminal), names),
    typing,
  })

  const typeCommand = async (command: string): Promise<void> => {
    await write(film.length > 0 ? `\r\n${PROMPT}` : PROMPT)
    for (const keys of command.match(/.{1,3}/gs) ?? []) {
      film.push(shot(now, true))
      now += KEY_MS * keys.length
      await write(keys)
    }
    film.push(shot(now, true))
    now += 300
    await write('\r\n')
  }

  const runProgram = async (args: string[], dialogue: readonly Answer[]): Promise<Frame[]> => {
    const pty = openPty(args, {columns, rows, ...options})
    const begun = Date.now()
    const shots: Frame[] = []
    const shoot = (): void => {
      shots.push(shot(Date.now() - begun, dialogue.length > 0))
    }
    let written = Promise.resolve()
    pty.onData((data) => {
      written = written.then(() => write(data)).then(shoot)
    })
    const answers = terminal.onData((answer) => pty.write(answer))
    const exited = new Promise<number>((resolve) => pty.onExit(({exitCode}) => resolve(exitCode)))
    await talk(pty, dialogue, () => cursorLine(screenOf(terminal)))
    const code = await exited
    answers.dispose()
    await written
    if (code > 1) throw new Error(`${args.join(' ')} ended with ${code}`)
    return shots
  }

  return {
    async run(command, dialogue = []) {
      await typeCommand(command)
      const shots = await runProgram(command.split(' ').slice(1), dialogue)
      film.push(...paced(shots).map((frame) => ({...frame, at: now + frame.at})))
      now = film.at(-1)?.at ?? now
      film.push(shot(now, false))
      now += READING_MS
    },
    frames: () => film,
    close: () => terminal.dispose(),
  }
}

function openPty(args: string[], options: ProgramOptions & {columns: number; rows: number}): IPty {
  const {args: words, file, options: rest} = programCommand(args, options)
  const env = {TERM: 'xterm-256color', ...rest.env}
  return spawn(file, words, {cols: options.columns, rows: options.rows, cwd: rest.cwd, env})
}

async function talk(pty: IPty, dialogue: readonly Answer[], line: () => string): Promise<void> {
  for (const {prompt, type} of dialogue) {
    await until(
      () => prompt.test(line()),
      () => `${prompt} in: ${line()}`,
    )
    await sleep(1100)
    for (const key of type) {
      pty.write(key)
      await sleep(KEY_MS)
    }
  }
}

function cursorLine({cursor, lines}: Screen): string {
  return (lines[cursor.line] ?? []).map(({text}) => text).join(' ')
}
