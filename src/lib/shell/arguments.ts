import {CruddurError} from '../error.js'

/**
 * psql's arguments as far as the built-in shell takes them: `-c SQL`, as often as wanted.
 *
 * @returns what each -c names
 * @throws CruddurError USAGE, exit 2, for any other
 */
export function commandArguments(args: readonly string[]): string[] {
  const commands: string[] = []
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? ''
    const [, joined] = /^(?:-c|--command=)(.+)$/s.exec(arg) ?? []
    const value = joined ?? (/^(?:-c|--command)$/.test(arg) ? args[++at] : undefined)
    if (value === undefined) throw refused(arg)
    commands.push(value)
  }
  return commands
}

function refused(arg: string): CruddurError {
  if (/^(?:-c|--command)$/.test(arg))
    return new CruddurError('USAGE', `${arg} needs a statement behind it`, {
      exit: 2,
      hint: "write -- -c 'SELECT 1'",
    })
  // Only its name: what follows may be a password, as in a connection string.
  const [name = ''] = /^--?[\w-]+/.exec(arg) ?? []
  const what = name === '' ? 'that argument' : name.startsWith('--') ? name : name.slice(0, 2)
  return new CruddurError('USAGE', `${what} is for psql: the built-in shell takes only -c SQL`, {
    exit: 2,
    hint: 'leave it out, or install the PostgreSQL client: apt-get install postgresql-client, or brew install libpq',
  })
}
