import {Flags} from '@oclif/core'
import type {Target} from '../target/target.js'
import {printable, shellWord} from '../target/text.js'
import {ask, canPrompt, declined, notConfirmed} from './prompt.js'

export const confirmFlag = Flags.string({
  helpValue: 'NAME',
  summary: 'Consent for a script: the name of the database, as the prompt would ask for it.',
})

export interface ConsentRequest {
  /** What is about to happen, as the end of "This will …". */
  act: string
  /** The value of `--confirm`. */
  confirm: string | undefined
  /** Standard input is what is run, so that nobody can answer there. */
  stdinTaken?: boolean
}

/** Consent that is given by typing the name of a thing. */
export interface Consent extends ConsentRequest {
  /** What has to be typed. */
  name: string
  /** As in "Type … to go on": `the database's name`. */
  nameOf: string
  /** As in "… is NAME": `the target's database`. */
  subject: string
  noun: 'database' | 'instance'
}

/**
 * Says at once, before anything is read or asked, what can only end in a no.
 *
 * @returns whether {@link askNamed} will ask
 * @throws CruddurError NOT_CONFIRMED (exit 4): another name, or nobody who could be asked
 */
export function checkNamed(consent: Consent): boolean {
  const {act, confirm, name, noun, stdinTaken = false, subject} = consent
  if (confirm !== undefined) {
    if (confirm === name) return false
    throw notConfirmed(
      `--confirm names "${confirm}", but ${subject} is "${name}"`,
      `nothing was touched; check which ${noun} you mean`,
    )
  }
  if (canPrompt() && !stdinTaken) return true
  throw notConfirmed(
    `this would ${act}, and nobody confirmed it`,
    `if you mean it, add: --confirm ${shellWord(name)}`,
  )
}

/** @throws CruddurError NOT_CONFIRMED (exit 4); without a terminal at once */
export async function askNamed(consent: Consent, signal: AbortSignal): Promise<void> {
  if (!checkNamed(consent)) return
  const {name, nameOf} = consent
  const message = `Type ${nameOf} (${printable(name)}) to go on:`
  if ((await ask({type: 'input', message}, signal)) !== name) throw declined()
}

function consentOf({database}: Target, request: ConsentRequest): Consent {
  const act = `${request.act} in production`
  return {
    ...request,
    act,
    name: database,
    nameOf: "the database's name",
    noun: 'database',
    subject: "the target's database",
  }
}

/** {@link checkNamed} for an act on a target: outside production nobody is asked, but a wrong name is refused. */
export function checkConsent(target: Target, request: ConsentRequest): boolean {
  const asked = target.production || request.confirm !== undefined
  return asked && checkNamed(consentOf(target, request))
}

/**
 * Consent to a destructive act on a production target: the database's name, typed at the prompt or
 * given with `--confirm`. Other targets need none. A name that does not match is refused for any target.
 *
 * @throws CruddurError NOT_CONFIRMED (exit 4); without a terminal at once
 */
export async function requireConsent(
  target: Target,
  request: ConsentRequest,
  signal: AbortSignal,
): Promise<void> {
  if (checkConsent(target, request)) await askNamed(consentOf(target, request), signal)
}
