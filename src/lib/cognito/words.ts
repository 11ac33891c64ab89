import {plural} from '../plural.js'
import {printable} from '../target/text.js'
import {widthOf} from '../width.js'
import type {Ambiguous, Difference, Handles} from './difference.js'

/** As many handles as are named in a line. */
const NAMED = 10

const DOUBTS: Record<Ambiguous['reason'], (found: Ambiguous) => string> = {
  'several-users': ({users}) => `${users} users in Cognito have it`,
  'several-rows': ({rows}) => `${rows} rows have it`,
  renamed: () => 'its user was renamed meanwhile',
  'id-taken': () => 'another row keeps its id',
}

/** As much of a handle as is shown: one in Cognito can have 2048 characters. */
const LONGEST = 40

/** A handle on one line, of a sensible length, that does not steer the terminal. */
function short(handle: string): string {
  const text = printable(handle)
  // Marks take no columns.
  const head = Array.from(text)
    .slice(0, 2 * LONGEST)
    .join('')
  if (head === text && widthOf(text) <= LONGEST) return text
  let shown = ''
  for (const {segment} of new Intl.Segmenter().segment(head)) {
    if (widthOf(shown + segment) >= LONGEST) break
    shown += segment
  }
  return `${shown}…`
}

function doubtOf(found: Ambiguous): string {
  return `${short(found.handle)} (${DOUBTS[found.reason](found)})`
}

/** The first of them, and how many more there are. */
export function named<Item>({count, handles}: Handles<Item>, word: (item: Item) => string): string {
  const shown = handles.slice(0, NAMED).map(word)
  const more = count - shown.length
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '')
}

function isAre(count: number): string {
  return count === 1 ? 'is' : 'are'
}

/** What is not in the table: who was left out, and who of those that were not might be expected to be. */
export function remarks({cognito, database, set}: Difference): string[] {
  const {unconfirmed, withoutHandle, notEncodable, disabled} = cognito
  return [
    ...(set.replaced > 0 ? [`${set.replaced} of those to be set: in place of another id`] : []),
    ...(unconfirmed > 0
      ? [`${plural(unconfirmed, 'user')} in Cognito ${isAre(unconfirmed)} unconfirmed: left out`]
      : []),
    ...(withoutHandle > 0
      ? [`${plural(withoutHandle, 'user')} in Cognito without a preferred_username: left out`]
      : []),
    ...(notEncodable > 0
      ? [
          `${plural(notEncodable, 'user')} in Cognito with a handle that the database's encoding cannot hold: left out`,
        ]
      : []),
    ...(disabled > 0
      ? [`${plural(disabled, 'user')} in Cognito ${isAre(disabled)} disabled: counted as any other`]
      : []),
    ...(database.withoutHandle > 0
      ? [`${plural(database.withoutHandle, 'row')} without a handle: left alone`]
      : []),
  ]
}

/** Heading, number and first handles of each kind; nothing in them steers a terminal. */
export function differenceRows({
  ambiguous,
  cognitoOnly,
  databaseOnly,
  set,
  unchanged,
}: Difference): [heading: string, count: number, words: string][] {
  return [
    ['will set', set.count, named(set, short)],
    ['unchanged', unchanged.count, ''],
    ['in the database but not in Cognito', databaseOnly.count, named(databaseOnly, short)],
    ['in Cognito but not in the database', cognitoOnly.count, named(cognitoOnly, short)],
    ['ambiguous, left alone', ambiguous.count, named(ambiguous, doubtOf)],
  ]
}

/** What --quiet does not keep back; undefined where nothing is ambiguous. */
export function ambiguityWarning({ambiguous}: Difference): string | undefined {
  if (ambiguous.count === 0) return undefined
  const users = ambiguous.count === 1 ? '1 handle is' : `${ambiguous.count} handles are`
  return `${users} ambiguous and left alone: ${named(ambiguous, doubtOf)}`
}

/** What is done and lost, for a plan. */
export function planOf({set}: Difference): {steps: string[]; loss: string | null} {
  if (set.count === 0) return {steps: [], loss: null}
  return {
    steps: [`set cognito_user_id of ${plural(set.count, 'user')}: ${named(set, short)}`],
    loss: set.replaced > 0 ? `the ids that ${set.replaced} of them have now` : null,
  }
}
