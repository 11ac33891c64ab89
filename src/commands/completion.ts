import {Args} from '@oclif/core'
import {BaseCommand} from '../lib/cli/base.js'
import {grouped} from '../lib/cli/help-groups.js'
import {bashScript} from '../lib/completion/bash.js'
import {fishScript} from '../lib/completion/fish.js'
import {completedCommands} from '../lib/completion/words.js'
import {zshScript} from '../lib/completion/zsh.js'

const SCRIPTS = {bash: bashScript, fish: fishScript, zsh: zshScript}
type Shell = keyof typeof SCRIPTS

interface CompletionResult {
  target: null
  shell: Shell
  script: string
}

export default class Completion extends BaseCommand {
  static override summary = 'Write what makes the Tab key complete commands and flags.'
  static override description =
    'Its output is a script for your shell, which neither runs this program nor what was typed. One line in your shell’s start-up file is enough; it is written anew each time.'
  static override examples = [
    {
      description: 'bash, in ~/.bashrc',
      command: 'source <(<%= config.bin %> completion bash)',
    },
    {
      description: 'zsh, in ~/.zshrc',
      command: 'source <(<%= config.bin %> completion zsh)',
    },
    {
      description: 'fish, in ~/.config/fish/config.fish',
      command: '<%= config.bin %> completion fish | source',
    },
  ]
  static override args = {
    shell: Args.option({
      description: 'The shell to write for.',
      options: ['bash', 'zsh', 'fish'] as const,
    })({required: true}),
  }

  async run(): Promise<CompletionResult> {
    const {args} = await this.parse(Completion)
    const {bin, commands, root} = this.config
    const visible = commands.filter(({hidden}) => !hidden)
    const ordered = grouped(visible).flatMap(({items}) => items)
    const script = SCRIPTS[args.shell](bin, completedCommands(ordered), root)
    this.log(script.trimEnd())
    return {target: null, shell: args.shell, script}
  }
}
