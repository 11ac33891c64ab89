import type {Session} from '../postgres/sessions.js'
import type {PlanWords} from './plan.js'

function step({process_id, user, db, app, client_addr}: Session): string {
  const who = [app, client_addr].filter(Boolean).join(', from ')
  return `end session ${process_id} of ${user}${who ? ` (${who})` : ''}${db === null ? '' : ` in "${db}"`}`
}

/** What ending sessions does; those of which none is there any more are left out. */
export function terminationPlan(sessions: readonly Session[]): PlanWords {
  return {
    steps: sessions.map(step),
    loss: sessions.length > 0 ? 'what they have not committed' : null,
    sessions,
  }
}
