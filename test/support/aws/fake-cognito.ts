import {randomUUID} from 'node:crypto'
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http'
import {text} from 'node:stream/consumers'
import {actListUsers, type FakePool} from './cognito.js'
import {createFailures, type Failure} from './failures.js'
import {Refusal, refuse} from './refusal.js'
import {listen} from './server.js'
import {verifySignature} from './signature.js'

export {type FakePool, type FakeUser, fakeUser, poolOf, subOf} from './cognito.js'

export interface FakeCognito {
  url: string
  /** Variables that lead the program and its SDK here, with keys that are known here. */
  env: Record<string, string>
  /** The bodies of all requests, refused ones too. */
  requests: Record<string, unknown>[]
  pools: Map<string, FakePool>
  /** Has the next requests fail: see `createFailures`; `after` of them go well before. */
  fail: (failure: Failure, after?: number) => void
  /** Called with the number of a request, from 1 on, before it is answered. */
  before: (act: (request: number) => void | Promise<void>) => void
  close: () => Promise<void>
}

const CREDENTIALS = {
  key: 'AKIAFAKEFORTESTS0000',
  secret: 'fake/secret+of/the/tests/0123456789abcdef',
}
const TARGET = 'AWSCognitoIdentityProviderService.ListUsers'
const GARBAGE = '<!DOCTYPE html><html><body>Please log in to use the Wi-Fi.</body></html>'

/** AWS's own words, as they were seen or stand in its documentation. */
const MESSAGES: Record<string, string> = {
  AccessDeniedException:
    'User: arn:aws:iam::123456789012:user/cruddur is not authorized to perform: cognito-idp:ListUsers on resource: arn:aws:cognito-idp:ca-central-1:123456789012:userpool/ca-central-1_AbCdEf123 because no identity-based policy allows the cognito-idp:ListUsers action',
  ExpiredTokenException: 'The security token included in the request is expired',
  TooManyRequestsException: 'Rate exceeded',
}

function send(response: ServerResponse, status: number, body: object): void {
  const headers = {'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID()}
  response.writeHead(status, headers).end(JSON.stringify(body))
}

/** Answers as `failure` says; for an error, throws it. */
function fail({how = 'error', ...failure}: Failure, response: ServerResponse): void {
  const code = failure.code ?? 'InternalErrorException'
  if (how === 'error')
    refuse(
      code,
      failure.message ?? MESSAGES[code] ?? `${code} (a failure of the test)`,
      failure.status ?? (code === 'InternalErrorException' ? 500 : 400),
    )
  if (how === 'reset') response.socket?.resetAndDestroy()
  if (how === 'stall')
    response.writeHead(200, {'content-type': 'application/x-amz-json-1.1'}).write('{"Users": [')
  if (how === 'garbage') response.writeHead(200, {'content-type': 'text/html'}).end(GARBAGE)
}

/** The region of a call of ListUsers in JSON 1.1 that is signed as it has to be. */
function regionOf(message: IncomingMessage, body: string): string {
  const {headers, method = '', url = ''} = message
  if (method !== 'POST' || url !== '/' || headers['content-type'] !== 'application/x-amz-json-1.1')
    refuse('SerializationException', `no call in JSON: ${method} ${url}`)
  if (headers['x-amz-target'] !== TARGET)
    refuse('UnknownOperationException', `${headers['x-amz-target']}`)
  return verifySignature('cognito-idp', {method, path: '/', headers, body}, CREDENTIALS)
}

/** Starts an endpoint that speaks ListUsers of Cognito's user pools as far as `update-cognito-user-ids` needs it. */
export async function startFakeCognito(pools: Record<string, FakePool> = {}): Promise<FakeCognito> {
  const known = new Map(Object.entries(pools))
  const requests: Record<string, unknown>[] = []
  const failures = createFailures()
  let passing = 0
  let act: (request: number) => void | Promise<void> = () => {}
  const answer = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(message)
    try {
      requests.push(JSON.parse(body))
      await act(requests.length)
      passing -= 1
      const failure = passing < 0 ? failures.next('ListUsers') : undefined
      if (failure) return fail(failure, response)
      const region = regionOf(message, body)
      send(response, 200, actListUsers(JSON.parse(body), region, known))
    } catch (error) {
      const refusal =
        error instanceof Refusal ? error : new Refusal('InternalErrorException', `${error}`, 500)
      send(response, refusal.status, {__type: refusal.code, message: refusal.message})
    }
  }
  const {url, close} = await listen(
    createServer((message, response) => {
      answer(message, response).catch(() => response.destroy())
    }),
  )
  return {
    url,
    env: {
      AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: url,
      AWS_ACCESS_KEY_ID: CREDENTIALS.key,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secret,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/nonexistent/aws/config',
      AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/aws/credentials',
    },
    requests,
    pools: known,
    fail: (failure, after = 0) => {
      passing = after
      failures.add('ListUsers', failure)
    },
    before: (next) => {
      act = next
    },
    close,
  }
}
