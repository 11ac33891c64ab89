import {CruddurError} from '../error.js'
import {printable} from '../target/text.js'
import {onlyWord, wrongArguments} from './refused.js'
import type {Shell} from './shell-state.js'

type Setting = Pick<Shell, 'settings' | 'quiet' | 'write'>

const SWITCH: Readonly<Record<string, boolean>> = {
  on: true,
  true: true,
  '1': true,
  off: false,
  false: false,
  '0': false,
}

function switched(word: string | undefined, now: boolean, usage: string): boolean {
  if (word === undefined) return !now
  const value = Object.hasOwn(SWITCH, word) ? SWITCH[word] : undefined
  if (value === undefined) throw wrongArguments(usage)
  return value
}

/** `\timing [on|off]`. @throws CruddurError USAGE */
export function setTiming(shell: Setting, args: readonly string[]): void {
  const usage = '\\timing [on|off]'
  const {settings} = shell
  settings.timing = switched(onlyWord(args, usage), settings.timing, usage)
  if (!shell.quiet) shell.write(`Timing is ${settings.timing ? 'on' : 'off'}.\n`)
}

const EXPANDED = {
  on: 'Expanded display is on.',
  off: 'Expanded display is off.',
  auto: 'Expanded display is used automatically.',
}

/** `\x [on|off|auto]`. @throws CruddurError USAGE */
export function setExpanded(shell: Setting, args: readonly string[]): void {
  const usage = '\\x [on|off|auto]'
  const word = onlyWord(args, usage)
  const {settings} = shell
  // As in psql: `auto` counts as on, so that \x alone goes from it to off.
  const now = settings.expanded !== 'off'
  settings.expanded = word === 'auto' ? 'auto' : switched(word, now, usage) ? 'on' : 'off'
  if (!shell.quiet) shell.write(`${EXPANDED[settings.expanded]}\n`)
}

/** `\pset null WORDS`. @throws CruddurError USAGE */
export function setPrinting(shell: Setting, args: readonly string[]): void {
  const [option, value = '', ...rest] = args
  if (option === 'expanded' || option === 'x') {
    setExpanded(shell, args.slice(1))
    return
  }
  if (option !== 'null' || rest.length > 0) {
    throw new CruddurError(
      'USAGE',
      `${option === undefined ? '\\pset' : `\\pset ${option}`} is not known to this shell`,
      {
        exit: 2,
        hint: 'it has \\pset null WORDS and \\x; use psql for other formats',
      },
    )
  }
  shell.settings.nullText = value
  if (!shell.quiet) shell.write(`Null display is "${printable(value)}".\n`)
}
