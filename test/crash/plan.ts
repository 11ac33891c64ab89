import {createHash, randomInt} from 'node:crypto'

/** The long form: 200 kills of the program and 50 of the server by time and aim, some that come too late, and `drop`. */
export const long = process.env['CRUDDUR_CRASH'] === 'long'

/** All that is random follows from it; a failed run is repeated with `CRUDDUR_CRASH_SEED`. */
export const seed = Number(process.env['CRUDDUR_CRASH_SEED'] ?? randomInt(2 ** 31))

export type Verb = 'setup' | 'schema-load' | 'drop'

/**
 * `program`: kill -9 of ours. `postmaster`, `backend`: of the server's first process, or of one that works for a session
 * or for all. `shutdown`: SIGQUIT to the first, which ends the server at once.
 */
export type Victim = 'program' | 'postmaster' | 'backend' | 'shutdown'

/** When the blow falls: after a share of a whole run's time, or so long after a step was done or a statement has begun. */
export type Moment =
  | {kind: 'time'; share: number}
  | {kind: 'step'; step: string; ms: number}
  | {kind: 'statement'; like: string; ms: number}

/** One run of a command and how it is cut short. */
export interface Plan {
  verb: Verb
  victim: Victim
  moment: Moment
  /** There is no old database. */
  fresh: boolean
  keepPrevious: boolean
  /** A session holds the old database, and `--force` is given. */
  busy: boolean
  /** By the URL; else it is the embedded server, which the program starts itself when it is down. */
  byUrl: boolean
  /** The next command comes before the server has noticed, or the server is back before the program has. */
  atOnce: boolean
  /** What the verdict and a test's name call it. */
  name: string
}

/** A number from 0 to 1, excluding 1, that depends on the seed and the label only. */
export function chance(label: string): number {
  const hash = createHash('sha256').update(`${seed} ${label}`).digest()
  return hash.readUInt32BE(0) / 2 ** 32
}

/** In the short form no blow is spent on a run that has ended. */
const LONGEST_SHARE = long ? 1.1 : 0.9
const AIM_WITHIN_MS = 10

/** The swap itself is over in a moment. */
const SWAP = '%RENAME TO%'
const SWAP_WITHIN_MS = 3
const DROP = 'DROP DATABASE%'

/** Steps as the program tells them, and statements as LIKE patterns; the first aim is the most important one. */
const AIMS: Record<Verb, readonly [string, ...string[]]> = {
  setup: [SWAP, '✔ seed', '✔ seed', '✔ swap', DROP, 'CREATE DATABASE%', '✔ create', '✔ schema'],
  'schema-load': ['COMMIT%', 'CREATE TABLE%', 'COPY %', 'DO $$%'],
  drop: [DROP],
}

/**
 * Half of the moments are aimed; the others are spread evenly over the run, each at random in its part.
 *
 * @param dice gives a number from 0 to 1 for what it is needed for
 */
function momentOf(
  verb: Verb,
  dice: (what: string) => number,
  {number, count, skipped}: {number: number; count: number; skipped: string | undefined},
): Moment {
  if (number % 2 === 0) {
    const [part, parts] = [number / 2, Math.ceil(count / 2)]
    return {kind: 'time', share: ((part + dice('share')) / parts) * LONGEST_SHARE}
  }
  const aims = AIMS[verb].filter((aim) => aim !== skipped)
  const chosen = number === 1 ? 0 : Math.floor(dice('aim') * aims.length)
  const aim = aims[chosen] ?? AIMS[verb][0]
  const ms = dice('delay') * (aim === SWAP ? SWAP_WITHIN_MS : AIM_WITHIN_MS)
  return aim.startsWith('✔') ? {kind: 'step', step: aim, ms} : {kind: 'statement', like: aim, ms}
}

function describeMoment(moment: Moment): string {
  switch (moment.kind) {
    case 'time':
      return `after ${(moment.share * 100).toFixed(1)} % of its time`
    case 'step':
      return `${moment.ms.toFixed(1)} ms after "${moment.step}"`
    case 'statement':
      return `${moment.ms.toFixed(1)} ms into "${moment.like}"`
  }
}

/** `count` runs of `verb`, whose victims take turns. */
export function plansOf(verb: Verb, count: number, victims: readonly Victim[]): Plan[] {
  return Array.from({length: count}, (_, number) => {
    const victim = victims[number % victims.length] ?? 'program'
    const dice = (what: string): number => chance(`${verb} ${victim} ${number} ${what}`)
    return planOf(verb, victim, dice, {number, count})
  })
}

function planOf(
  verb: Verb,
  victim: Victim,
  dice: (what: string) => number,
  place: {number: number; count: number},
): Plan {
  const setup = verb === 'setup'
  const fresh = setup && dice('fresh') < 0.1
  const options = {
    fresh,
    keepPrevious: setup && dice('keep') < 0.25,
    busy: verb !== 'schema-load' && !fresh && dice('busy') < 0.2,
    byUrl: dice('url') < 0.5,
    atOnce: dice('at once') < 0.3,
  }
  // Then setup drops none.
  const skipped = fresh || options.keepPrevious ? DROP : undefined
  const moment = momentOf(verb, dice, {...place, skipped})
  const flags = Object.entries(options).flatMap(([name, on]) => (on ? ` ${name}` : []))
  const name = `${verb} #${place.number}${flags.join('')}: ${victim} ${describeMoment(moment)}`
  return {verb, victim, moment, ...options, name}
}
