import type {DBInstance} from '@aws-sdk/client-rds'
import {type Difference, differences, type Instance, instanceOf} from '../aws/instance.js'
import type {InstanceSettings} from '../aws/instance-settings.js'
import {CruddurError} from '../error.js'
import type {Consent} from './consent.js'

/** An instance of that name that is not as asked for. */
function differs(instance: Instance, found: readonly Difference[]): CruddurError {
  const {endpoint, identifier, status} = instance
  const lines = found.map(({flag, asked, there}) => `  --${flag}: asked for ${asked}, is ${there}`)
  return new CruddurError(
    'INSTANCE_DIFFERS',
    `the instance "${identifier}" exists already (${status}, ${endpoint ?? 'no endpoint yet'}) and is not as asked for:`,
    {
      excerpt: lines.join('\n'),
      hint: 'change it with aws rds modify-db-instance, or name another --db-instance-identifier',
      data: {instance, differences: found},
    },
  )
}

/** @throws CruddurError CONFIGURATION, exit 2, with every problem at once */
export function refuseProblems(problems: readonly string[]): void {
  if (problems.length === 0) return
  throw new CruddurError('CONFIGURATION', problems.join('\n'), {
    exit: 2,
    hint: 'nothing was sent; see --help for what each flag takes',
    data: {problems: [...problems]},
  })
}

/** @throws CruddurError INSTANCE_DIFFERS */
export function refuseOther(settings: InstanceSettings, there: DBInstance): void {
  const found = differences(settings, there)
  if (found.length > 0) throw differs(instanceOf(there), found)
}

/** Consent to an instance: its identifier, typed or given. */
export function instanceConsent(settings: InstanceSettings, confirm: string | undefined): Consent {
  const name = settings['db-instance-identifier']
  return {
    act: `create the DB instance "${name}", which costs money`,
    confirm,
    name,
    nameOf: "the instance's identifier",
    noun: 'instance',
    subject: 'the instance',
  }
}
