import type {CompletedCommand, CompletedFlag, Value} from './words.js'

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`
}

/** The function that offers names of files in a `db/FOLDER`. */
const NAMES = '__cruddur_db_names'

function valueOptions(value: Value): string {
  if (value.kind === 'sql') return ` -x -a '(${NAMES} ${value.folder})'`
  if (value.kind === 'file') return ' -r -F'
  return value.kind === 'choice' ? ` -x -a ${quoted(value.choices.join(' '))}` : ' -x'
}

function flagOptions({long, short, summary, value}: CompletedFlag): string {
  const names = `${short === undefined ? '' : `-s ${short.slice(1)} `}-l ${long.slice(2)}`
  return `${names}${value ? valueOptions(value) : ''} -d ${quoted(summary)}`
}

/**
 * The completion for fish 3 and newer. Runs neither the program nor what was typed.
 *
 * @param program its name, as it is typed
 * @param packageRoot where its own `db` lies
 */
export function fishScript(
  program: string,
  commands: readonly CompletedCommand[],
  packageRoot: string,
): string {
  const own = `__${program.replaceAll(/\W/g, '_')}`
  const complete = `complete -c ${program}`
  const inCommand = (name: string): string => `${complete} -n '${own}_in ${name}'`
  // What fish is told last with -k it shows first.
  const verbs = commands.map(
    ({name, summary}) => `${complete} -n ${own}_alone -k -a ${name} -d ${quoted(summary)}`,
  )
  const perCommand = commands.flatMap(({argument, flags, name}) => [
    ...(argument?.kind === 'choice'
      ? [`${inCommand(name)} -a ${quoted(argument.choices.join(' '))}`]
      : []),
    ...(argument?.kind === 'sql' ? [`${inCommand(name)} -a '(${NAMES} ${argument.folder})'`] : []),
    ...flags.map((flag) => `${inCommand(name)} ${flagOptions(flag)}`),
  ])
  return `# Completion for fish; in ~/.config/fish/config.fish: ${program} completion fish | source
function ${own}_alone
  test (count (commandline -opc)) -eq 1
end
function ${own}_in
  set -l words (commandline -opc)
  test "$words[2]" = $argv[1]
end
function ${NAMES}
  set -l at $PWD
  while not test -d "$at/db/$argv[1]" -o -z "$at"
    set at (string replace -r '/[^/]*$' '' -- $at)
  end
  for root in "$at/db/$argv[1]" ${quoted(packageRoot)}"/db/$argv[1]"
    for file in $root/*.sql $root/*/*.sql $root/*/*/*.sql
      string sub -s (math (string length -- "$root/") + 1) -- $file | string replace -r '\\.sql$' ''
    end
    if test $argv[1] = migrations -a -d "$root"
      break
    end
  end
end
${complete} -e
${complete} -f
${verbs.reverse().join('\n')}
${complete} -n ${own}_alone -l version -d 'Show the version'
${complete} -n ${own}_alone -l help -d 'Show all commands'
${perCommand.join('\n')}
`
}
