import {type ChildProcess, fork} from 'node:child_process'
import {once} from 'node:events'
import {fileURLToPath} from 'node:url'
import {childEnvironment} from '../measure.js'

/** What the fake's process says first. */
export interface Whereabouts {
  /** Variables that lead the program there. */
  env: Record<string, string>
}

export interface Endpoint extends Whereabouts {
  /** How many requests there have been since it was last asked. */
  requests: () => Promise<number>
}

/** Beside the rule that the fake begins with. */
export const CHANGING_RULE = 'sgr-0123456789abcdef1'

const FAKE = fileURLToPath(new URL('fake.ts', import.meta.url))

/** Runs `fn` with the tests' fake of AWS in a process of its own. */
export async function withEndpoint<T>(fn: (endpoint: Endpoint) => Promise<T>): Promise<T> {
  const fake = fork(FAKE, {
    env: childEnvironment(),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const ended = once(fake, 'exit').then(([code]): never => {
    throw new Error(`the fake of AWS ended with ${code}`)
  })
  // It ends with the races too, when nobody waits for an answer any more.
  ended.catch(() => {})
  try {
    const {env} = await Promise.race([answer<Whereabouts>(fake), ended])
    const requests = () => {
      fake.send('requests')
      return Promise.race([answer<number>(fake), ended])
    }
    return await fn({env, requests})
  } finally {
    fake.kill()
  }
}

async function answer<T>(fake: ChildProcess): Promise<T> {
  const [message] = await once(fake, 'message')
  return message
}
