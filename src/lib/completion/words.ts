import type {Command} from '@oclif/core'

/** What may follow a flag or stand in an argument's place. */
export type Value =
  | {kind: 'file'; name: string}
  | {kind: 'choice'; name: string; choices: readonly string[]}
  /** The name of a file of the nearest `db/FOLDER`, without its ending. */
  | {kind: 'sql'; name: string; folder: 'migrations' | 'sql'}
  /** What only the user knows: a URL, a number. */
  | {kind: 'free'; name: string}

export interface CompletedFlag {
  /** As it is typed: `--force`, `--no-seed`. */
  long: string
  /** As in `-q`. */
  short?: string | undefined
  summary: string
  /** Null: it takes none. */
  value: Value | null
  /** Whether it may be given several times. */
  repeats: boolean
  /** Others that it cannot be given with. */
  excludes: readonly string[]
}

export interface CompletedCommand {
  name: string
  summary: string
  argument: Value | null
  flags: readonly CompletedFlag[]
}

/** Behind its name a flag's text stands in one line, without the full stop. */
function inShort(text = ''): string {
  return (text.split('\n')[0] ?? '').trim().replace(/\.$/, '')
}

function valueNamed(name: string, options: readonly string[] | undefined): Value {
  if (options) return {kind: 'choice', name, choices: options}
  return {kind: name === 'FILE' ? 'file' : 'free', name}
}

/** Flags that name a migration. */
const MIGRATION = /^(?:migrate|rollback) (?:to|mark-applied|mark-rolled-back)$/

function flagValue(id: string, name: string, flag: Command.Flag.Cached): Value | null {
  if (flag.type !== 'option') return null
  const value = valueNamed(flag.helpValue?.toString() ?? name.toUpperCase(), flag.options)
  if (!MIGRATION.test(`${id} ${name}`)) return value
  return {kind: 'sql', name: value.name, folder: 'migrations'}
}

function argumentValue(
  id: string,
  {name, options}: Command.Arg.Cached,
  names: readonly string[],
): Value {
  const value = valueNamed(name.toUpperCase(), id === 'help' ? names : options)
  return id === 'query' ? {kind: 'sql', name: value.name, folder: 'sql'} : value
}

function flagsOf(id: string, name: string, flag: Command.Flag.Cached): CompletedFlag[] {
  if (flag.hidden) return []
  const takes = flag.type === 'option'
  const common = {
    summary: inShort(flag.summary ?? flag.description),
    value: flagValue(id, name, flag),
    repeats: takes && flag.multiple === true,
  }
  const others = (flag.exclusive ?? []).flatMap((other) =>
    typeof other === 'string' ? [`--${other}`] : [],
  )
  const long = `--${name}`
  const negated = `--no-${name}`
  if (takes || !flag.allowNo)
    return [{...common, long, short: flag.char && `-${flag.char}`, excludes: others}]
  return [
    {...common, long, excludes: [...others, negated]},
    {...common, long: negated, excludes: [...others, long]},
  ]
}

/** `--help` is every command's, and none declares it. */
const HELP: CompletedFlag = {
  long: '--help',
  short: '-h',
  summary: 'Show flags and examples',
  value: null,
  repeats: false,
  excludes: [],
}

/**
 * What can be typed, from what oclif knows of the commands; no defaults, which may come from the environment.
 *
 * @param commands in the order in which they are to be offered
 */
export function completedCommands(commands: readonly Command.Loadable[]): CompletedCommand[] {
  return commands.map(({args, flags, id, summary, description}) => {
    const [argument] = Object.values(args)
    const names = commands.map((command) => command.id)
    return {
      name: id,
      summary: inShort(summary ?? description),
      argument: argument ? argumentValue(id, argument, names) : null,
      flags: [...Object.entries(flags).flatMap(([name, flag]) => flagsOf(id, name, flag)), HELP],
    }
  })
}
