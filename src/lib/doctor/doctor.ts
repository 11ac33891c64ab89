import type {CruddurError} from '../error.js'
import {queryError} from '../postgres/connection/errors.js'
import {isServerError} from '../server-error.js'
import {isRdsHost} from '../target/production.js'
import type {Check} from './check.js'
import {innerChecks} from './inner/checks.js'
import {embeddedCheck} from './outer/embedded.js'
import {envFileCheck} from './outer/env-file.js'
import type {OuterFacts} from './outer/facts.js'
import {loginCheck} from './outer/login.js'
import {networkChecks} from './outer/network.js'
import {passwordCheck} from './outer/password.js'
import {productionCheck} from './outer/production.js'
import {programChecks} from './outer/program.js'
import {protocolCheck} from './outer/protocol.js'
import {tlsCheck} from './outer/tls.js'
import {urlCheck} from './outer/url.js'
import {variableChecks} from './outer/variables.js'
import {type Group, type Result, type RunOptions, runChecks} from './run.js'

const near: readonly Check<OuterFacts>[] = [
  ...programChecks,
  envFileCheck,
  ...variableChecks,
  urlCheck,
  productionCheck,
  passwordCheck,
]

/** Only with a target on RDS: it is the SDK that takes longest to load. */
async function aws({target}: OuterFacts): Promise<readonly Check<OuterFacts>[]> {
  if (!target?.hosts.some(isRdsHost)) return []
  const {awsChecks} = await import('./aws/checks.js')
  return awsChecks
}

const far: readonly Check<OuterFacts>[] = [
  embeddedCheck,
  ...networkChecks,
  protocolCheck,
  tlsCheck,
  loginCheck,
  ...innerChecks,
]

const groups: readonly Group<OuterFacts>[] = [near, aws, far]

/** The width of the longest name of a check, those of AWS left out: nobody knows yet whether they will be run. */
export const longestName = Math.max(...[...near, ...far].map(({name}) => name.length))

/** What a connection that is gone says to a query (Node; pg 8, client.js). */
const GONE = /^(Connection terminated|Client (was closed|has encountered)|read |write )/

function isGone(error: unknown): boolean {
  return error instanceof Error && GONE.test(error.message)
}

/**
 * Looks at everything between this machine and the contents of the target's database.
 *
 * @param closers what `facts.atEnd` was given: done in the end, the last one first
 * @throws the signal's reason; what is wrong is a result, never thrown
 */
export async function diagnose(
  facts: OuterFacts,
  options: Omit<RunOptions, 'translate'>,
  closers: (() => Promise<void>)[],
): Promise<Result[]> {
  const translate = (error: unknown): CruddurError | undefined =>
    facts.target && (isServerError(error) || isGone(error))
      ? queryError(error, facts.target)
      : undefined
  try {
    return await runChecks(groups, facts, {...options, translate})
  } finally {
    for (const close of closers.splice(0).reverse()) await close()
  }
}
