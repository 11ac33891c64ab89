import {isRdsHost} from '../../target/production.js'
import {asAlias, type Target} from '../../target/target.js'
import {isAlias} from './alias.js'

export interface Judgement {
  target: Target
  /** The names could not be looked up that would tell whether it is production. */
  unsure: boolean
}

/** Production has other names too: an alias in DNS or /etc/hosts, an address. An RDS server is known by what is on it. */
export async function judgeAlias(target: Target, signal: AbortSignal): Promise<Judgement> {
  const {guard, hosts, productionServer} = target
  if (!guard || productionServer) return {target, unsure: false}
  const answer = await isAlias(hosts, guard.hosts, {signal})
  if (answer === 'same') return {target: asAlias(target), unsure: false}
  if (answer === 'other' || guard.hosts.every(isRdsHost)) return {target, unsure: false}
  const judged = asAlias(target)
  return {target: judged, unsure: judged.production}
}
