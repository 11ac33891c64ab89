import createDebug from 'debug'
import {printable} from '../target/text.js'
import {onTrace} from '../trace.js'
import {redactTyped} from './redact.js'

/** Shows what is traced, on stderr, as far as the variable DEBUG asks for it. */
export function showTraces(): void {
  const shown = new Map<string, createDebug.Debugger>()
  onTrace((name, words) => {
    const debug = shown.get(name) ?? createDebug(name)
    shown.set(name, debug)
    debug('%s', printable(redactTyped(words)))
  })
}
