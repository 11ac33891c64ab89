import {CruddurError} from '../error.js'
import {Secret} from '../target/secret.js'

interface Question {
  /** `password` shows nothing of what is typed. */
  type: 'input' | 'password'
  message: string
  /** True, or what is wrong with the answer: then it is asked for again. */
  validate?: (answer: string) => true | string
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
  const validate = (password: string): true | string => {
    const wrong = problem(password)
    return wrong === undefined || `it ${wrong}`
  }
  for (;;) {
    const first = await ask({type: 'password', message: `${what}:`, validate}, signal)
    const again = await ask({type: 'password', message: 'the same once more:'}, signal)
    if (first === again) return new Secret(first)
    process.stderr.write('the two differ; once more from the beginning\n')
  }
}
