import type {Failure} from '../../support/aws/failures.js'
import type {Fault} from '../fault.js'
import {COGNITO, POOL_LINE, USERS, withPool} from './user-ids-words.js'

const command = {args: ['update-cognito-user-ids'], env: COGNITO}

/** AWS answers so to the second of three pages. */
const failing = (
  name: string,
  failure: Failure,
  sees: Omit<Fault['sees'], 'stderr'> & {stderr: string},
): Fault => ({
  ...command,
  name,
  arrange: withPool(USERS, ({fail}) => fail(failure, 1)),
  sees: {...sees, stderr: POOL_LINE + sees.stderr},
})

const AWS: readonly Fault[] = [
  failing(
    'the credentials may not read the second page of a user pool',
    {code: 'AccessDeniedException'},
    {
      exit: 1,
      code: 'AWS_DENIED',
      stderr: 'Error: these AWS credentials may not do cognito-idp:ListUsers\n⋮\n',
    },
  ),
  failing(
    'the AWS session expires while a user pool is read',
    {code: 'ExpiredTokenException'},
    {exit: 3, code: 'AWS_CREDENTIALS', stderr: 'Error: the AWS session has expired\n⋮\n'},
  ),
  failing(
    'what answers in the place of Cognito is a page to log in to the Wi-Fi',
    {how: 'garbage'},
    {
      exit: 3,
      code: 'AWS_UNREACHABLE',
      stderr: 'Error: cannot reach COGNITO-IDP in ca-central-1: what answers there is not AWS\n⋮\n',
    },
  ),
  {
    ...command,
    name: 'Ctrl-C while a user pool is read',
    arrange: withPool(USERS, ({before}, scene) => {
      before((request) => (request < 2 ? undefined : new Promise(() => scene.child.kill('SIGINT'))))
    }),
    sees: {exit: 130, code: 'INTERRUPTED', stderr: `${POOL_LINE}Error: interrupted\n`},
    within: 3,
  },
]

const TABLE: readonly Fault[] = [
  {
    ...command,
    name: 'there is no table of users whose ids could be set',
    arrange: withPool('SELECT'),
    sees: {
      exit: 1,
      code: 'USERS_TABLE_MISSING',
      stderr: `${POOL_LINE}Error: the database "{database}" has no table public.users; nothing was changed
  → load the schema: cruddur-db schema-load
`,
    },
  },
  {
    ...command,
    name: 'the second of the ids cannot be set',
    arrange: withPool(
      `${USERS}; ALTER TABLE users ADD CONSTRAINT mine CHECK (handle <> 'bayko' OR cognito_user_id = 'MOCK')`,
    ),
    sees: {
      exit: 1,
      code: 'USERS_NOT_SET',
      stderr: `${POOL_LINE}Error: the server refuses an id: new row for relation "users" violates check constraint "mine"
  detail: …
  → nothing was changed; see that "mine" on public.users lets Cognito's ids in
  SQLSTATE 23514
`,
      stdout: '⋮\n',
    },
  },
  {
    ...command,
    name: 'the user pool’s id is none',
    env: {...COGNITO, AWS_COGNITO_USER_POOL_ID: 'AbCdEf123'},
    arrange: withPool(),
    sees: {
      exit: 2,
      code: 'CONFIGURATION',
      target: undefined,
      stderr: `Error: AWS_COGNITO_USER_POOL_ID is AbCdEf123: a user pool's id is its region and a name, such as ca-central-1_AbCdEf123
  → list them: aws cognito-idp list-user-pools --max-results 60
`,
    },
  },
]

export const userIdsFaults = {title: 'Cognito’s ids', faults: [...AWS, ...TABLE]}
