import type {PostConfirmationTriggerEvent} from 'aws-lambda'

/** Whom Cognito has confirmed, as the columns of `public.users` take it. */
export interface SignUp {
  displayName: string
  email: string
  handle: string
  /** Cognito's `sub`: the user's id in the pool, which stays when everything else about the user changes. */
  cognitoUserId: string
}

/** Attributes without which there is no row: each is a column that may not be null, and nothing can stand for it. */
const NEEDED = ['email', 'preferred_username', 'sub'] as const

/**
 * What the event says of the user, as it is: the handle has to stay what Cognito knows the user by. Without the attribute
 * `name` the handle is shown in its place; an attribute of blanks only counts as missing.
 *
 * @returns the names of the missing attributes where one is needed
 */
export function readSignUp(event: PostConfirmationTriggerEvent): SignUp | {missing: string[]} {
  // Whoever tries the function out in the console can send anything.
  const attributes: Partial<Record<string, unknown>> = event.request?.userAttributes ?? {}
  const read = (name: string): string => {
    const value = attributes[name]
    return typeof value === 'string' && value.trim() !== '' ? value : ''
  }
  const missing = NEEDED.filter((name) => read(name) === '')
  if (missing.length > 0) return {missing}
  const handle = read('preferred_username')
  return {
    displayName: read('name') || handle,
    email: read('email'),
    handle,
    cognitoUserId: read('sub'),
  }
}
