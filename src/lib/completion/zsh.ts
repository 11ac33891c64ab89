import {shellWord} from '../target/text.js'
import type {CompletedCommand, CompletedFlag, Value} from './words.js'

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** A text inside of a specification of `_arguments` or `_describe`. */
function escaped(text: string): string {
  return text.replaceAll(/[\\:[\]]/g, '\\$&')
}

/** The function that offers names of files in a `db/FOLDER`. */
const NAMES = '_cruddur_db_names'

function actionOf(value: Value): string {
  const name = escaped(value.name.toLowerCase())
  if (value.kind === 'choice') return `:${name}:(${value.choices.join(' ')})`
  // Behind a blank it is called with nothing else.
  if (value.kind === 'sql') return `:${name}: ${NAMES} ${value.folder}`
  return value.kind === 'file' ? `:${name}:_files` : `:${name}: `
}

/** A specification of `_arguments`: `(what it excludes)--flag=[summary]:value:what completes that`. */
function flagSpec({excludes, long, repeats, short, summary, value}: CompletedFlag): string {
  const names = short === undefined ? [long] : [short, long]
  const before = repeats ? '*' : `(${[...excludes, ...names].join(' ')})`
  const after = `[${escaped(summary)}]${value ? actionOf(value) : ''}`
  const spelt = names.map((name) => (value ? `${name}${name === long ? '=' : '+'}` : name))
  if (spelt.length === 1) return quoted(before + spelt.join() + after)
  return `${quoted(before)}{${spelt.join(',')}}${quoted(after)}`
}

function commandCase({argument, flags, name}: CompletedCommand): string[] {
  const specs = flags.map(flagSpec)
  if (argument) specs.push(quoted(actionOf(argument)))
  return [
    `    ${name})`,
    '      _arguments -s -S : \\',
    specs.map((spec) => `        ${spec}`).join(' \\\n'),
    '      ;;',
  ]
}

/**
 * The completion for zsh, to be sourced or to lie in a folder of `fpath` as `_PROGRAM`. Runs neither the program nor what was
 * typed.
 *
 * @param program its name, as it is typed
 * @param packageRoot where its own `db` lies
 */
export function zshScript(
  program: string,
  commands: readonly CompletedCommand[],
  packageRoot: string,
): string {
  // In a folder of fpath the file has the function's name.
  const own = `_${program}`
  const names = commands.map(({name, summary}) => `      ${quoted(`${name}:${escaped(summary)}`)}`)
  return `#compdef ${program}
# Completion for zsh; in ~/.zshrc: source <(${program} completion zsh)
${NAMES}() {
  local root at=$PWD
  local -a names files
  until [[ -d $at/db/$1 || -z $at ]]; do at=\${at%/*}; done
  for root in "$at/db/$1" ${shellWord(packageRoot)}"/db/$1"; do
    files=($root/**/*.sql(N-.:r))
    names+=(\${files#"$root/"})
    if [[ $1 == migrations && -d $root ]]; then break; fi
  done
  compadd -a names
}
${own}() {
  if (( CURRENT == 2 )); then
    local -a commands=(
${names.join('\n')}
    )
    _describe -V command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${commands.flatMap(commandCase).join('\n')}
  esac
}
if [[ $funcstack[1] == ${own} ]]; then
  ${own} "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i }
  compdef ${own} ${program}
fi
`
}
