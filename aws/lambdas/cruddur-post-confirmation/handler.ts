import type {Context, PostConfirmationTriggerEvent} from 'aws-lambda'
import type {Target} from '../../../src/lib/target/target.js'
import {failed, logLine, type Outcome} from './outcome.js'
import {type Recorded, record} from './record.js'
import {createSession, type Origin, type RunOptions, type Work} from './session.js'
import {readSignUp} from './sign-up.js'
import {readTarget} from './target.js'

/** Of the 3 s that a sign-up may be held up, and that a function has unless told otherwise. */
const LIMIT_MS = 2500
/** Left to answer before Lambda ends the function. */
const ANSWER_MS = 300

type Event = PostConfirmationTriggerEvent
type CallContext = Partial<Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>>

/** Where the function is. */
interface Surroundings {
  env: NodeJS.ProcessEnv
  /** Takes a line of the log, without its end. */
  write: (line: string) => void
}

function outcomeOf(recorded: Recorded): Outcome {
  return recorded === 'conflict'
    ? {outcome: 'failed', code: 'CONFLICT', sqlstate: '23505'}
    : {outcome: recorded}
}

function deadlineOf(started: number, context: CallContext): number {
  const left = context.getRemainingTimeInMillis?.() ?? LIMIT_MS + ANSWER_MS
  return started + Math.min(LIMIT_MS, left - ANSWER_MS)
}

/**
 * The function behind Cognito's trigger "post confirmation". It gives the event back whatever happens, after 2.5 s at the
 * latest: an error would tell somebody who is signed up already that it has failed. What happened is in the log, one line a call.
 */
export function createHandler({env, write}: Surroundings) {
  const session = createSession()
  let target: Target | undefined

  const handle = async (event: Event, options: RunOptions): Promise<Outcome> => {
    if (event?.triggerSource !== 'PostConfirmation_ConfirmSignUp') return {outcome: 'not-a-sign-up'}
    const user = readSignUp(event)
    if ('missing' in user) return {outcome: 'attributes-missing', missing: user.missing}
    target ??= readTarget(env)
    const work: Work<Recorded> = (client, deadline) => record(client, user, deadline)
    return outcomeOf(await session.run(target, work, options))
  }

  return async (event: Event, context: CallContext = {}): Promise<Event> => {
    const started = Date.now()
    let connection: Origin | undefined
    const onConnected = (origin: Origin | undefined): void => {
      connection = origin
    }
    const outcome = await handle(event, {
      deadline: deadlineOf(started, context),
      onConnected,
    }).catch((error: unknown) => failed(error, connection))
    const requestId = context.awsRequestId ?? ''
    write(logLine(outcome, {requestId, ms: Date.now() - started, connection}))
    return event
  }
}
