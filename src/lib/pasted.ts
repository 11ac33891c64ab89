import {widthOf} from './width.js'
import {type WrapOptions, wrapped} from './wrapped.js'

/** What commands and SQL that hints name begin with; they go to the end of a hint, or are all of it. */
const BEGINNINGS = [
  'cruddur-db',
  ...['apt-get', 'aws', 'cd', 'chmod', 'mv', 'npm', 'unset'],
  ...['ALTER', 'CREATE', 'DROP', 'GRANT'],
]

const PASTED = new RegExp(`(?:^|(?<=: ))(?:${BEGINNINGS.join('|')}) .*$`, 's')

/**
 * A hint in lines that fit, but for what is to be pasted of it. That is broken nowhere: a part of a command is another command,
 * `setup` of `setup --prod`. The terminal goes on with it in its next line, from where it is copied as one.
 *
 * @param width as for `wrapped`
 */
export function wrappedHint(hint: string, width: number, options?: WrapOptions): string[] {
  const [pasted] = PASTED.exec(hint) ?? []
  if (pasted === undefined) return wrapped(hint, width, options)
  const words = hint.slice(0, -pasted.length).trimEnd()
  const lines = words === '' ? [] : wrapped(words, width, options)
  const longer = `${lines.at(-1) ?? ''} ${pasted}`.trimStart()
  return widthOf(longer) <= width ? [...lines.slice(0, -1), longer] : [...lines, pasted]
}
