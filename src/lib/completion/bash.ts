import {shellWord} from '../target/text.js'
import type {CompletedCommand, CompletedFlag, Value} from './words.js'

function namesOf({long, short}: CompletedFlag): string[] {
  return short === undefined ? [long] : [long, short]
}

/** What completes a value: files, words, or nothing, for nobody knows it but the user. */
function actionOf(value: Value): string {
  if (value.kind === 'choice') return `offer='${value.choices.join(' ')}'`
  if (value.kind === 'sql') return `names=${value.folder}`
  return value.kind === 'file' ? 'files=1' : 'return'
}

/** `case` branches for what stands behind a flag, those of the same kind in one. */
function valueCases(flags: readonly CompletedFlag[]): string[] {
  const actions = new Map<string, string[]>()
  for (const flag of flags) {
    if (!flag.value) continue
    const action = actionOf(flag.value)
    actions.set(action, [...(actions.get(action) ?? []), ...namesOf(flag)])
  }
  return Array.from(actions, ([action, names]) => `        ${names.join('|')}) ${action} ;;`)
}

function commandCase({argument, flags, name}: CompletedCommand): string[] {
  const cases = valueCases(flags)
  const repeated = flags.filter(({repeats}) => repeats).map(({long}) => long)
  return [
    `    ${name})`,
    `      flags='${flags.map(({long}) => long).join(' ')}'`,
    ...(repeated.length > 0 ? [`      again='${repeated.join(' ')}'`] : []),
    ...(argument?.kind === 'choice' ? [`      argument='${argument.choices.join(' ')}'`] : []),
    // What stands behind another word may be that one's value, or a query's own argument.
    ...(argument?.kind === 'sql'
      ? [
          `      if (( COMP_CWORD == 2 )) || [[ $previous == -* ]]; then names=${argument.folder}; fi`,
        ]
      : []),
    ...(cases.length > 0 ? ['      case $previous in', ...cases, '      esac'] : []),
    '      ;;',
  ]
}

/**
 * The completion for bash 3.2 (macOS) and newer. It runs nothing but bash's own words: neither the program nor what was
 * typed, and needs no other script.
 *
 * @param program its name, as it is typed
 * @param packageRoot where its own `db` lies
 */
export function bashScript(
  program: string,
  commands: readonly CompletedCommand[],
  packageRoot: string,
): string {
  const own = `_${program.replaceAll(/\W/g, '_')}`
  const first = [...commands.map(({name}) => name), '--help', '--version'].join(' ')
  return `# Completion for bash; in ~/.bashrc: source <(${program} completion bash)
${own}_names() {
  local root name at=$PWD
  until [[ -d $at/db/$1 || -z $at ]]; do at=\${at%/*}; done
  for root in "$at/db/$1" ${shellWord(packageRoot)}"/db/$1"; do
    # Only what needs no quotes: compgen -W would run a name like $(this).
    while IFS= read -r name; do
      name=\${name#"$root/"}
      name=\${name%.sql}
      if [[ $name == "$current"* && $name != *[!a-zA-Z0-9_./-]* ]]; then COMPREPLY+=("$name"); fi
    done < <(compgen -G "$root/*.sql"; compgen -G "$root/*/*.sql"; compgen -G "$root/*/*/*.sql")
    if [[ $1 == migrations && -d $root ]]; then return; fi
  done
}
${own}() {
  local IFS=$' \\t\\n'
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local flags= argument= offer= files= names= again= word
  COMPREPLY=()
  if (( COMP_CWORD == 1 )); then
    COMPREPLY=($(compgen -W '${first}' -- "$current"))
    return
  fi
  # bash takes --flag=value apart.
  if [[ $current == = ]]; then
    current=
  elif [[ $previous == = ]]; then
    previous=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  case \${COMP_WORDS[1]} in
${commands.flatMap(commandCase).join('\n')}
    *) return ;;
  esac
  for word in "\${COMP_WORDS[@]:2:COMP_CWORD-2}"; do
    case $word in
      --) files=1 ;;
      --*)
        if [[ " $again " != *" $word "* ]]; then
          flags=" $flags "
          flags=\${flags/ $word / }
        fi ;;
      *) if [[ " $argument " == *" $word "* ]]; then argument=; fi ;;
    esac
  done
  if [[ $files ]]; then
    # Before bash 4 there is no compopt, and names with blanks are not quoted.
    compopt -o default 2>/dev/null || COMPREPLY=($(compgen -f -- "$current"))
    return
  fi
  [[ $current != -* ]] || argument= names=
  if [[ $names ]]; then
    ${own}_names $names
    return
  fi
  COMPREPLY=($(compgen -W "\${offer:-\${argument:-$flags}}" -- "$current"))
}
complete -F ${own} ${program}
`
}
