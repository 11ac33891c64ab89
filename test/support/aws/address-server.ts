import {createServer, type IncomingHttpHeaders, type ServerResponse} from 'node:http'
import {listen} from './server.js'

export interface AddressAnswer {
  /** 200 unless told. */
  status?: number
  /** Empty unless told. */
  body?: string
  /** Milliseconds before the answer begins. */
  delayMs?: number
}

export interface AddressServer {
  url: string
  requests: {path: string; headers: IncomingHttpHeaders}[]
  close: () => Promise<void>
}

function send(
  response: ServerResponse,
  {status = 200, body = '', delayMs = 0}: AddressAnswer,
): void {
  const timer = setTimeout(() => {
    response.writeHead(status, {'content-type': 'text/plain;charset=UTF-8'}).end(body)
  }, delayMs)
  response.once('close', () => clearTimeout(timer))
}

/**
 * Stands for checkip.amazonaws.com and its like: says for each path what `answer` says, ends the connection
 * (`reset`) or never answers (`silence`).
 */
export async function startAddressServer(
  answer: (path: string) => AddressAnswer | 'reset' | 'silence',
): Promise<AddressServer> {
  const requests: AddressServer['requests'] = []
  const server = createServer((message, response) => {
    const path = message.url ?? ''
    requests.push({path, headers: message.headers})
    const what = answer(path)
    if (what === 'reset') response.socket?.resetAndDestroy()
    else if (what !== 'silence') send(response, what)
  })
  return {...(await listen(server)), requests}
}
