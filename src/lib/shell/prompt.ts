import type {Target} from '../target/target.js'
import {printable} from '../target/text.js'
import type {Transaction} from './link.js'
import type {Awaited} from './reader.js'

/** What a prompt tells; `lost`: there is no connection at the moment. */
export interface PromptState {
  target: Target
  transaction: Transaction | 'lost'
  awaited: Awaited
}

const SIGNS: Readonly<Record<PromptState['transaction'], string>> = {
  none: '',
  open: '*',
  failed: '!',
  lost: '',
}

/**
 * `local cruddur=> `, `PRODUCTION cruddur-*> `: the target, what the line goes on with, the transaction; as psql's `%/%R%x> `.
 *
 * @param red how production is shown
 */
export function promptText(
  {target, transaction, awaited}: PromptState,
  red: (text: string) => string,
): string {
  const name = target.production ? red('PRODUCTION') : target.name
  const sign = transaction === 'lost' && awaited === '=' ? '!' : awaited
  return `${name} ${printable(target.database)}${sign}${SIGNS[transaction]}> `
}
