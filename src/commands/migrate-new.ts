import {Args} from '@oclif/core'
import {BaseCommand} from '../lib/cli/base.js'
import {newMigration} from '../lib/migrations/new.js'

interface MigrateNewResult {
  target: null
  file: string
  /** A string where JavaScript's numbers end. */
  version: number | string
  name: string
}

export default class MigrateNew extends BaseCommand {
  static override summary = 'Begin a migration: a file in db/migrations with the next number.'
  static override description =
    'The file has a part that does something (migrate:up) and one that undoes it (migrate:down), to be filled in. It is made in the nearest folder that has db/migrations or db/schema.sql. No database is needed.'
  static override examples = [
    {
      description: 'A file such as db/migrations/0002_add_likes.sql:',
      command: '<%= config.bin %> migrate-new add_likes',
    },
    {
      description: 'In words, for a script that wants the path:',
      command: "<%= config.bin %> migrate-new 'Add likes!' --json",
    },
  ]
  static override args = {
    name: Args.string({
      description: 'What it is about; the file is named by it.',
      required: true,
    }),
  }

  async run(): Promise<MigrateNewResult> {
    const {args} = await this.parse(MigrateNew)
    const made = await newMigration(args.name, {
      cwd: process.cwd(),
      packageRoot: this.config.root,
    })
    const {file, version, name} = made
    this.say(`made ${file}`)
    this.note('write its two parts, then: cruddur-db migrate')
    const number = Number(version)
    return {
      target: null,
      file,
      version: Number.isSafeInteger(number) ? number : String(version),
      name,
    }
  }
}
