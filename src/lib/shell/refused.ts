import {CruddurError} from '../error.js'

function unknown(name: string): CruddurError {
  return new CruddurError('USAGE', `\\${name} is not a command of this shell`, {
    exit: 2,
    hint: '\\? lists those that are',
  })
}

/** Commands of psql that the shell does not have, and what to do instead. */
const INSTEAD: Readonly<Record<string, string>> = {
  '!': 'leave with \\q, or use another terminal, to run programs',
  a: 'use psql for other formats',
  f: 'use psql for other formats',
  t: 'use psql for other formats',
  H: 'use psql for other formats',
  o: 'use psql to write into files',
  w: 'use psql to write into files',
  e: 'use psql to edit in an editor',
  copy: 'write COPY … FROM STDIN or COPY … TO STDOUT, or use psql',
  password: "write ALTER ROLE name PASSWORD '…': it is not kept in the history",
  set: 'use psql for variables',
  gset: 'use psql for variables',
  gexec: 'use psql for this',
  watch: 'use psql for this',
  crosstabview: 'use psql for this',
}

/** @returns CruddurError USAGE: what psql has and this shell has not, or what neither has */
export function refusedCommand(name: string): CruddurError {
  const hint = Object.hasOwn(INSTEAD, name) ? INSTEAD[name] : undefined
  if (hint === undefined) return unknown(name)
  return new CruddurError('USAGE', `\\${name} is a command of psql that this shell does not have`, {
    exit: 2,
    hint,
  })
}

/** @returns CruddurError USAGE for arguments that a command does not take */
export function wrongArguments(usage: string): CruddurError {
  return new CruddurError('USAGE', `that is not how it is written: ${usage}`, {
    exit: 2,
    hint: '\\? lists all commands',
  })
}

/** @returns CruddurError USAGE for a quote that the line does not close */
export function openQuote(name: string): CruddurError {
  return new CruddurError('USAGE', `\\${name} has a quote that is not closed`, {
    exit: 2,
    hint: 'close it, as in \\d "My Table"',
  })
}

/**
 * A command's one argument, without the `;` that people put behind it.
 *
 * @throws CruddurError USAGE for more
 */
export function onlyWord(args: readonly string[], usage: string): string | undefined {
  const [first, ...rest] = args
  if (rest.length > 0) throw wrongArguments(usage)
  const word = first?.replace(/;+$/, '')
  return word === '' ? undefined : word
}
