import {Flags} from '@oclif/core'
import {adoptVariables, regionOf} from '../aws/variables.js'
import {limitNameLookups} from '../name-lookup.js'
import type {Environment} from '../target/environment.js'
import {printable} from '../target/text.js'
import {BaseCommand, envFileFlag, quietFlag} from './base.js'
import {style} from './style.js'

/** A command that acts on AWS itself: its region, and the variables the SDK logs in with. */
export abstract class AwsCommand extends BaseCommand {
  static override baseFlags = {
    quiet: quietFlag,
    'env-file': envFileFlag,
    region: Flags.string({
      helpGroup: 'AWS',
      helpValue: 'REGION',
      summary: 'The AWS region; AWS_REGION, AWS_DEFAULT_REGION or your AWS profile unless told.',
    }),
  }

  /** The variables, `.env` among them, and the region they or the flag name. */
  protected awsContext(flags: {'env-file'?: string | undefined; region?: string | undefined}): {
    env: Environment
    region: string | undefined
  } {
    const {env} = this.targetContext(flags)
    // rds-update-sg-rule ends within 20 s, its last lookup included, with up to three dead name servers.
    limitNameLookups(process.env)
    adoptVariables(env, process.env)
    return {env, region: regionOf(env, flags.region)}
  }

  /** The line that says what in AWS the command is about, on stderr: the first of it; silent with --quiet. */
  protected tellAws(region: string, what: string): void {
    if (!this.quiet) this.tell(`${style.magenta('AWS')}  ${printable(`${region}  ${what}`)}`)
  }
}
