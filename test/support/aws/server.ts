import {randomUUID} from 'node:crypto'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type {AddressInfo} from 'node:net'
import {text} from 'node:stream/consumers'
import {type Failure, type Failures, refusalOf} from './failures.js'
import {type Parameters, parseForm} from './parameters.js'
import {Refusal, refuse} from './refusal.js'
import {verifySignature} from './signature.js'
import {errorXml, resultXml, type Service, type Xml} from './xml.js'

/** A request as it came, answered or not. */
export interface FakeRequest {
  service: Service
  action: string
  /** The form as it was on the wire. */
  body: string
  params: Record<string, string>
  headers: IncomingHttpHeaders
}

interface Behaviour {
  credentials: {key: string; secret: string}
  failures: Failures
  onRequest: (request: FakeRequest) => void
  act: (request: FakeRequest, region: string) => Xml
}

const VERSIONS: Record<Service, string> = {rds: '2014-10-31', ec2: '2016-11-15'}

/** The log-in page of a Wi-Fi, which answers for every host until one has agreed to it. */
const GARBAGE =
  '<!DOCTYPE html><html><body>Welcome! <br>Please log in to use the Wi-Fi.</body></html>'

function send(response: ServerResponse, status: number, requestId: string, body: string): void {
  response.writeHead(status, {'content-type': 'text/xml', 'x-amzn-requestid': requestId}).end(body)
}

/** Answers as `failure` says; for an error, throws it. */
function fail(failure: Failure, request: FakeRequest, response: ServerResponse): void {
  const {how = 'error'} = failure
  if (how === 'error') throw refusalOf(failure, request.service, request.action)
  if (how === 'reset') response.socket?.resetAndDestroy()
  if (how === 'garbage') response.writeHead(200, {'content-type': 'text/html'}).end(GARBAGE)
}

function serviceOf(params: Parameters): Service {
  return params['Version'] === VERSIONS.ec2 ? 'ec2' : 'rds'
}

/** Refuses what is no call of an action: another method or type of body, no action, another version. */
function checkForm(message: IncomingMessage, {service, params}: FakeRequest): void {
  const form = message.headers['content-type']?.startsWith('application/x-www-form-urlencoded')
  if (message.method !== 'POST' || message.url !== '/' || !form) {
    refuse('MalformedQueryString', `not a form posted to /: ${message.method} ${message.url}`)
  }
  if (!params['Action']) refuse('MissingAction', 'The request is missing an action.')
  if (params['Version'] !== VERSIONS[service]) {
    refuse('InvalidAction', `Could not find version ${params['Version']} of the service`)
  }
}

function readRequest(message: IncomingMessage, body: string): FakeRequest {
  const params: Parameters = Object.fromEntries(new URLSearchParams(body))
  const action = params['Action'] ?? ''
  return {service: serviceOf(params), action, body, params, headers: message.headers}
}

async function answer(
  message: IncomingMessage,
  response: ServerResponse,
  behaviour: Behaviour,
): Promise<void> {
  const requestId = randomUUID()
  const body = await text(message)
  const request = readRequest(message, body)
  const {service, action} = request
  behaviour.onRequest(request)
  try {
    const failure = behaviour.failures.next(action)
    if (failure) return fail(failure, request, response)
    checkForm(message, request)
    const signed = {method: 'POST', path: '/', headers: message.headers, body}
    const region = verifySignature(service, signed, behaviour.credentials)
    const result = behaviour.act({...request, params: parseForm(body)}, region)
    send(response, 200, requestId, resultXml(service, action, result, requestId))
  } catch (error) {
    const refusal =
      error instanceof Refusal ? error : new Refusal('InternalFailure', `fake: ${error}`, 500)
    send(response, refusal.status, requestId, errorXml(service, refusal, requestId))
  }
}

/** Listens on a free port of 127.0.0.1. */
export async function listen(server: Server): Promise<{url: string; close: () => Promise<void>}> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve)
  })
  const {port} = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

/** The HTTP side of the fake: forms in, XML out, signatures checked, failures met. */
export function serveQueries(behaviour: Behaviour): ReturnType<typeof listen> {
  return listen(
    createServer((message, response) => {
      answer(message, response, behaviour).catch(() => response.destroy())
    }),
  )
}
