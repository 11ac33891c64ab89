import {Flags} from '@oclif/core'
import {CruddurError} from '../error.js'
import {describeTarget, type Target} from '../target/target.js'
import {printable, shellWord} from '../target/text.js'
import {style} from './style.js'

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

function refused(message: string, hint: string): CruddurError {
  return new CruddurError('NOT_CONFIRMED', message, {exit: 4, hint})
}

function declined(): CruddurError {
  return refused('not confirmed', 'nothing was touched; run it again if you mean it')
}

/** A prompt needs both: keys from stdin, and its words where a person reads them. */
function canPrompt(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true
}

/**
 * Asks one question on stderr. inquirer is loaded only here.
 *
 * @throws CruddurError NOT_CONFIRMED for Ctrl-C and Ctrl-D, which are a no to the whole act
 */
async function ask(message: string, signal: AbortSignal): Promise<string> {
  const {default: inquirer} = await import('inquirer')
  const prompt = inquirer.createPromptModule({output: process.stderr, signal})
  try {
    const {answer} = await prompt<{answer: string}>([{type: 'input', name: 'answer', message}])
    return answer
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof Error && /^(ExitPrompt|AbortPrompt)Error$/.test(error.name))
      throw declined()
    throw error
  }
}

/**
 * Says at once, before anything is read or asked, what can only end in a no.
 *
 * @returns whether {@link requireConsent} will ask
 * @throws CruddurError NOT_CONFIRMED (exit 4): another name, or nobody who could be asked
 */
export function checkConsent(
  {database, production}: Target,
  {act, confirm, stdinTaken = false}: ConsentRequest,
): boolean {
  if (confirm !== undefined) {
    if (confirm === database) return false
    throw refused(
      `--confirm names "${confirm}", but the target's database is "${database}"`,
      'nothing was touched; check which database you mean',
    )
  }
  if (!production) return false
  if (canPrompt() && !stdinTaken) return true
  throw refused(
    `this would ${act} in production, and nobody confirmed it`,
    `if you mean it, add: --confirm ${shellWord(database)}`,
  )
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
  if (!checkConsent(target, request)) return
  const {database} = target
  const {act} = request
  const where = style.bold(printable(describeTarget(target)))
  process.stderr.write(`${style.red.bold('PRODUCTION')}  This will ${act}: ${where}\n`)
  const answer = await ask(`Type the database's name (${printable(database)}) to go on:`, signal)
  if (answer === database) return
  throw declined()
}

/** A question with a default of no, for the second yes of production; without a terminal: no. */
export async function askYes(question: string, signal: AbortSignal): Promise<boolean> {
  if (!canPrompt()) return false
  return /^y(es)?$/i.test(await ask(`${question} (y/N)`, signal))
}
