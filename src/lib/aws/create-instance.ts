import type {CreateDBInstanceCommandInput, DBInstance} from '@aws-sdk/client-rds'
import {CruddurError, reworded} from '../error.js'
import type {Rds} from './rds.js'

export interface CreateOutcome {
  there: DBInstance
  /** False: somebody made one of that name first. */
  created: boolean
}

/** What an interrupted or unanswered request leaves open. */
const LOOK = 'AWS may have begun to create it: run the same command again to see'

/** The password of the request is in no error, whatever AWS repeats of it. */
function withoutPassword(
  text: string | undefined,
  password: string | undefined,
): string | undefined {
  return password ? text?.replaceAll(password, '***') : text
}

function explained(error: CruddurError, request: CreateDBInstanceCommandInput): CruddurError {
  const open = error.code === 'AWS_UNREACHABLE' || error.code === 'INTERRUPTED'
  const clean = (text: string | undefined) => withoutPassword(text, request.MasterUserPassword)
  return reworded(error, {
    message: clean(error.message) ?? '',
    detail: clean(error.details.detail),
    hint: open ? LOOK : error.details.hint,
    // It holds AWS's words as they were.
    cause: undefined,
  })
}

/**
 * Creates an instance. One that appeared since it was looked for, be it by our own request whose answer was lost, is
 * found again.
 *
 * @throws CruddurError those of `awsError`
 */
export async function createInstance(
  rds: Rds,
  request: CreateDBInstanceCommandInput,
): Promise<CreateOutcome> {
  try {
    return {there: await rds.create(request), created: true}
  } catch (error) {
    if (!(error instanceof CruddurError)) throw error
    if (error.code === 'INSTANCE_EXISTS') {
      const there = await rds.find(request.DBInstanceIdentifier ?? '')
      if (there) return {there, created: false}
    }
    throw explained(error, request)
  }
}
