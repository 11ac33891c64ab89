import {printable} from '../target/text.js'
import type {Link} from './link.js'
import type {Shell} from './shell-state.js'

type Told = Pick<Shell, 'tell' | 'notifications'>

/** Passes on what the server says beside its answers: notices, what comes by LISTEN, an encoding that is not ours. */
export function watchLink({client}: Link, {tell, notifications}: Told): void {
  client.on('notice', ({severity = 'NOTICE', message = '', detail, hint}) => {
    const parts = [`${severity}: ${message}`]
    if (detail) parts.push(`DETAIL: ${detail}`)
    if (hint) parts.push(`HINT: ${hint}`)
    // A further line must not look like one of ours: its text may come from anybody.
    for (const part of parts)
      for (const line of part.split('\n').map(indented)) tell(printable(line))
  })
  client.on('notification', ({channel, payload, processId}) => {
    const what = payload ? `"${channel}" with payload "${payload}"` : `"${channel}"`
    const text = `Asynchronous notification ${what} received from server process with PID ${processId}.`
    notifications.push(printable(text))
  })
  client.connection.on('parameterStatus', (status: Record<string, string>) => {
    const {parameterName, parameterValue} = status
    if (parameterName === 'client_encoding' && parameterValue !== 'UTF8')
      tell(`this shell reads and writes UTF-8, whatever client_encoding says (${parameterValue})`)
  })
}

function indented(line: string, at: number): string {
  return at === 0 ? line : `  ${line}`
}
