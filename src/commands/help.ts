import {Args, loadHelpClass} from '@oclif/core'
import {BaseCommand} from '../lib/cli/base.js'

export default class HelpCommand extends BaseCommand {
  static override enableJsonFlag = false
  static override summary = 'Show all commands, or one of them with its flags and examples.'
  static override examples = [
    {description: 'All commands', command: '<%= config.bin %> help'},
    {description: 'What setup does, with examples', command: '<%= config.bin %> help setup'},
  ]
  static override args = {command: Args.string({description: 'The command to explain.'})}

  async run(): Promise<void> {
    const {args} = await this.parse(HelpCommand)
    const HelpClass = await loadHelpClass(this.config)
    await new HelpClass(this.config).showHelp(args.command === undefined ? [] : [args.command])
  }
}
