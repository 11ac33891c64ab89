import type {Check, Finding} from '../check.js'
import type {Facts} from '../facts.js'
import {lookAtInstance, type Seen} from './look.js'

/**
 * A check of what AWS says about the target's instance. That AWS says nothing is the finding of `rds-status` alone.
 *
 * @param judge given what AWS says
 */
export function instanceCheck(
  name: string,
  judge: (seen: Seen, facts: Facts, signal: AbortSignal) => Finding | Promise<Finding>,
): Check<Facts> {
  return {
    name,
    layer: 'aws',
    needs: ['url'],
    run: async (facts, signal) => {
      const look = await lookAtInstance(facts, signal)
      if ('seen' in look) return judge(look.seen, facts, signal)
      if (name === 'rds-status') return look.trouble
      return {status: 'skipped', message: 'nothing is known of the instance: see rds-status'}
    },
  }
}
