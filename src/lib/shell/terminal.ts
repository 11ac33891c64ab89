import {createInterface, type Interface} from 'node:readline'
import {Readable} from 'node:stream'
import type {ReadStream, WriteStream} from 'node:tty'
import type {Completion} from './complete.js'
import {type Keys, openKeys, type Stroke, withTabs} from './keys.js'
import {NEW_SEARCH, type Search, searchFrom, searchPrompt} from './search.js'
import type {Line, LineSource} from './source.js'

export interface TerminalOptions {
  stdin: ReadStream
  stdout: WriteStream
  /** What was typed before, the latest first. */
  entries(): readonly string[]
  /** @param line up to the cursor @param after what stands behind it */
  complete(line: string, after: string): Completion
  /** Told when the terminal is closed. */
  onGone(): void
  /** Ends the typing; its reason is what is thrown. */
  ending: AbortSignal
}

type KeyStroke = Extract<Stroke, {kind: 'key'}>

/** A line that is being typed. */
interface Editing {
  line: Interface
  input: Readable
  options: TerminalOptions
  prompt: string
  search: Search | undefined
  /** What stood in the line when the search began. */
  before: string
  done(line: Line): void
}

/** Bracketed paste (xterm, `?2004`): the terminal says where a pasted text begins and ends. */
const PASTES = {on: '\x1b[?2004h', off: '\x1b[?2004l'}

/** Lines that a person types, with history, search, completion; between them the terminal is as it was. */
export function openTerminalSource(options: TerminalOptions): LineSource {
  const {stdin, onGone} = options
  const keys = openKeys(stdin, onGone)
  return {
    path: '',
    line: () => 1,
    next: (prompt, kind) => editLine(options, kind === 'row' ? withTabs(keys) : keys, prompt),
    forget: () => keys.forget(),
    close: async () => keys.detach(),
  }
}

function editLine(options: TerminalOptions, keys: Keys, prompt: string): Promise<Line> {
  const {stdin, ending} = options
  // Each line has an interface of its own: between two of them a statement, or a pager, has the terminal.
  const input = Object.assign(new Readable({read() {}}), {
    setRawMode: (raw: boolean) => stdin.setRawMode(raw),
  })
  return new Promise((resolve, reject) => {
    ending.throwIfAborted()
    const line = openInterface(options, input, prompt)
    const close = (): void => {
      ending.removeEventListener('abort', abort)
      keys.detach()
      switchPastes(options, 'off')
      line.close()
    }
    const abort = (): void => {
      close()
      reject(ending.reason)
    }
    const done = (typed: Line): void => {
      close()
      resolve(typed)
    }
    const editing: Editing = {line, input, options, prompt, search: undefined, before: '', done}
    ending.addEventListener('abort', abort)
    line.on('line', (text) => done(Buffer.from(text)))
    switchPastes(options, 'on')
    line.prompt()
    keys.attach((stroke) => takeStroke(editing, keys, stroke))
  })
}

function openInterface(options: TerminalOptions, input: Readable, prompt: string): Interface {
  const history = [...options.entries()]
  const line: Interface = createInterface({
    input,
    output: options.stdout,
    terminal: true,
    prompt,
    history,
    historySize: history.length + 1,
    completer: (text: string) => options.complete(text, line.line.slice(line.cursor)),
  })
  return line
}

function switchPastes({stdout}: TerminalOptions, to: keyof typeof PASTES): void {
  if (process.env['TERM'] !== 'dumb') stdout.write(PASTES[to])
}

function takeStroke(editing: Editing, keys: Keys, stroke: Stroke): void {
  if (stroke.kind === 'paste') {
    if (editing.search) endSearch(editing, editing.line.line)
    paste(editing, keys, stroke.text)
  } else if (!editing.search || !searches(editing, stroke)) {
    takeKey(editing, keys, stroke)
  }
}

function takeKey(editing: Editing, keys: Keys, {text, key}: KeyStroke): void {
  const control = key.ctrl ? key.name : undefined
  if (control === 'c') {
    interrupt(editing, keys)
  } else if (control === 'r') {
    look(editing, NEW_SEARCH)
  } else if (control === 'd' && editing.line.line === '') {
    editing.options.stdout.write('\n')
    editing.done(undefined)
  } else if (key.name === 'backspace' && process.env['TERM'] === 'dumb') {
    eraseLast(editing)
  } else {
    editing.input.emit('keypress', text, key)
  }
}

/** On a terminal that is called dumb, Node takes this key for a character. */
function eraseLast({line, options}: Editing): void {
  if (line.line === '') return
  const text = Array.from(line.line).slice(0, -1).join('')
  Object.assign(line, {line: text, cursor: text.length})
  options.stdout.write('\b \b')
}

/** As if its lines were typed; what is behind its first line end waits for the next line. */
function paste(editing: Editing, keys: Keys, text: string): void {
  const end = text.indexOf('\n')
  if (end < 0) {
    editing.line.write(text)
    return
  }
  const rest = text.slice(end + 1)
  if (rest !== '') keys.putBack({kind: 'paste', text: rest})
  editing.line.write(text.slice(0, end))
  editing.line.write(null, {name: 'return'})
}

function interrupt({line, options, done}: Editing, keys: Keys): void {
  line.write(null, {ctrl: true, name: 'e'})
  options.stdout.write('^C\n')
  keys.forget()
  done('interrupt')
}

/** Ctrl-R: takes what is to be looked for. @returns false when the key ends the search and means the line */
function searches(editing: Editing, {text, key}: KeyStroke): boolean {
  const {search = NEW_SEARCH, options} = editing
  const entries = options.entries()
  const {wanted} = search
  if (key.ctrl && key.name === 'r') look(editing, searchFrom(entries, search, search.at + 1))
  else if (key.ctrl && (key.name === 'c' || key.name === 'g')) endSearch(editing, editing.before)
  else if (key.name === 'backspace') {
    look(editing, searchFrom(entries, {wanted: wanted.slice(0, -1), at: -1}, 0))
  } else if (text && !key.ctrl && !key.meta && !/\p{Cc}/u.test(text)) {
    look(editing, searchFrom(entries, {...search, wanted: wanted + text}, Math.max(0, search.at)))
  } else {
    endSearch(editing, editing.line.line)
    return false
  }
  return true
}

function look(editing: Editing, search: Search): void {
  const entries = editing.options.entries()
  if (!editing.search) editing.before = editing.line.line
  editing.search = search
  show(editing, searchPrompt(entries, search), entries[search.at] ?? editing.before)
}

function endSearch(editing: Editing, text: string): void {
  editing.search = undefined
  show(editing, editing.prompt, text)
}

function show({line}: Editing, prompt: string, text: string): void {
  line.write(null, {ctrl: true, name: 'e'})
  line.write(null, {ctrl: true, name: 'u'})
  line.setPrompt(prompt)
  line.write(text)
  line.prompt(true)
}
