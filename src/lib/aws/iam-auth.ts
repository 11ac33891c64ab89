import {withDeadline} from '../abortable.js'
import {CruddurError} from '../error.js'
import type {Environment} from '../target/environment.js'
import {readRdsName} from '../target/production.js'
import {Secret} from '../target/secret.js'
import type {HostAddress, Target} from '../target/target.js'
import {awsError} from './errors.js'
import {loginPolicy} from './policy.js'
import {adoptVariables, regionOf} from './variables.js'

function problemsOf({hosts, tls}: Target, regions: readonly (string | undefined)[]): string[] {
  const problems: string[] = []
  if (hosts.some(({host}) => host.startsWith('/')))
    problems.push('--iam-auth is for RDS: a unix socket leads to a server of this machine')
  if (['disable', 'allow', 'prefer'].includes(tls.mode))
    problems.push(
      `--iam-auth sends what logs in for 15 minutes, and sslmode=${tls.mode} may send it unencrypted: write sslmode=verify-full`,
    )
  if (regions.includes(undefined))
    problems.push(
      '--iam-auth needs the region of the instance, which the host does not tell: set AWS_REGION',
    )
  return problems
}

/** Less than a connection attempt may take, so that the server is not blamed for it. */
const CREDENTIALS_MS = 5000

function noCredentialsInTime(): CruddurError {
  const seconds = CREDENTIALS_MS / 1000
  return new CruddurError('AWS_TIMEOUT', `no AWS credentials could be had within ${seconds} s`, {
    exit: 3,
    hint: 'see whether they can be had at all: aws sts get-caller-identity',
  })
}

function refused(problems: string[]): CruddurError {
  return new CruddurError('CONFIGURATION', problems.join('\n'), {
    exit: 2,
    hint: 'correct it, or leave --iam-auth out to log in with a password',
    data: {problems},
  })
}

/**
 * The target, logged in to with AWS credentials in place of a password: each connection makes a token of its own, for
 * one is good for 15 minutes.
 *
 * @param target undefined: the embedded server is meant
 * @throws CruddurError CONFIGURATION, exit 2; `loginToken` of the result throws those of `awsError`
 */
export function withIamAuth(target: Target | undefined, env: Environment): Target {
  if (!target) throw refused(['--iam-auth is for RDS: the embedded server knows no AWS'])
  adoptVariables(env, process.env)
  const region = (host: HostAddress) => readRdsName(host)?.region ?? regionOf(env)
  const problems = problemsOf(target, target.hosts.map(region))
  if (problems.length > 0) throw refused(problems)
  const {user} = target
  const loginToken = async (host: HostAddress): Promise<Secret> => {
    const named = region(host) ?? ''
    try {
      const make = async (): Promise<string> => {
        const {loginToken: token} = await import('./login-token.js')
        return token(host, {region: named, user})
      }
      return new Secret(await withDeadline(CREDENTIALS_MS, noCredentialsInTime, make))
    } catch (error) {
      throw awsError(error, {
        action: 'rds-db:connect',
        region: named,
        policy: loginPolicy(named, user),
      })
    }
  }
  return {...target, loginToken}
}
