import {type Judgement, judgeAlias} from '../../postgres/connection/judge.js'
import {behindEmpty} from '../../target/environment.js'
import {readServer} from '../../target/server.js'
import type {Check, Finding} from '../check.js'
import type {OuterFacts} from './facts.js'
import {placeOf} from './url.js'

const GUARD = 'PROD_CONNECTION_URL'

/** What tells production from other databases cannot be read: a command with a URL refuses to run then. */
function brokenGuard(facts: OuterFacts): Finding | undefined {
  const {env, prod} = facts
  const text = env[GUARD] || env[behindEmpty]?.[GUARD]
  if (prod || !text) return undefined
  const [problem] = readServer({label: GUARD, text}, env).problems
  if (problem === undefined) return undefined
  return {status: 'warn', message: problem, fix: `correct ${GUARD} ${placeOf(facts, GUARD)}`}
}

function finding(facts: OuterFacts, {target, unsure}: Judgement): Finding {
  const named = target.name === 'local' ? 'CONNECTION_URL' : '--url'
  if (unsure) {
    return {
      status: 'warn',
      message: `${named} counts as production: whether it is cannot be found out, since the names of the hosts cannot be looked up`,
      fix: 'check that this machine is online',
    }
  }
  if (target.production && target.name === 'local') {
    return {
      status: 'warn',
      message: 'CONNECTION_URL leads to production',
      fix: `write the local database's URL into CONNECTION_URL ${placeOf(facts, 'CONNECTION_URL')}, and use --prod for production`,
    }
  }
  if (target.production) return {status: 'ok', message: 'this is production'}
  const known = facts.env[GUARD] ? '' : `: ${GUARD}, which would tell, is not set`
  return {status: 'ok', message: `this is not production${known}`}
}

export const productionCheck: Check<OuterFacts> = {
  name: 'production',
  layer: 'configuration',
  needs: ['url'],
  run: async (facts, signal) => {
    const broken = brokenGuard(facts)
    if (!facts.target) return broken ?? {status: 'ok', message: 'this is not production'}
    const judgement = await judgeAlias(facts.target, signal)
    facts.target = judgement.target
    facts.onTarget?.(facts.target)
    return broken ?? finding(facts, judgement)
  },
}
