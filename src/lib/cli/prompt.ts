import {CruddurError} from '../error.js'
import {Secret} from '../target/secret.js'

interface Question {
  /** `password` shows nothing of what is typed. */
  type: 'input' | 'password'
  message: string
}

export function notConfirmed(message: string, hint: string): CruddurError {
  return new CruddurError('NOT_CONFIRMED', message, {exit: 4, hint})
}

export function declined(): CruddurError {
  return notConfirmed('not confirmed', 'nothing was touched; run it again if you mean it')
}

/** A prompt needs both: keys from stdin, and its words where a person reads them. */
export function canPrompt(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true
}

/**
 * Asks one question on stderr. inquirer is loaded only here.
 *
 * @throws CruddurError NOT_CONFIRMED for Ctrl-C and Ctrl-D, which are a no to the whole act
 */
export async function ask(question: Question, signal: AbortSignal): Promise<string> {
  const {default: inquirer} = await import('inquirer')
  const prompt = inquirer.createPromptModule({output: process.stderr, signal})
  try {
    const {answer} = await prompt<{answer: string}>([{...question, name: 'answer'}])
    return answer
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof Error && /^(ExitPrompt|AbortPrompt)Error$/.test(error.name))
      throw declined()
    throw error
  }
}

/** A question with a default of no, for the second yes of production; without a terminal: no. */
export async function askYes(question: string, signal: AbortSignal): Promise<boolean> {
  if (!canPrompt()) return false
  return /^y(es)?$/i.test(await ask({type: 'input', message: `${question} (y/N)`}, signal))
}

/**
 * A new password, typed twice and never shown; asked for again until both are the same.
 *
 * @param problem what is wrong with a password, as the end of "it …"
 */
export async function askNewPassword(
  what: string,
  problem: (password: string) => string | undefined,
  signal: AbortSignal,
): Promise<Secret> {
  const anew = (why: string): boolean =>
    process.stderr.write(`${why}; once more from the beginning\n`)
  for (;;) {
    const first = await ask({type: 'password', message: `${what}:`}, signal)
    // Not by inquirer's `validate`, which keeps what was typed, unseen, for more to be typed behind it.
    const wrong = problem(first)
    if (wrong !== undefined) {
      anew(`it ${wrong}`)
      continue
    }
    const again = await ask({type: 'password', message: 'the same once more:'}, signal)
    if (first === again) return new Secret(first)
    anew('the two differ')
  }
}
