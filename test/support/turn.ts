/** Whose turn it is on a connection: the server's while it owes an answer. */
export interface Turn {
  /** The client has sent a message of this type. */
  sent: (type: string) => void
  /** The server has sent these bytes. */
  came: (chunk: Buffer) => void
  /** The server has said all it will say before it hears from the client again. */
  isClients: () => boolean
}

/** AuthenticationOk and AuthenticationSASLFinal: the client has nothing to say to them. */
const NO_QUESTIONS = [0, 12]

/** The messages of a server, as they are completed: their letter and the number they begin with. */
function backendReader(): (chunk: Buffer) => {type: string; code: number}[] {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    const messages: {type: string; code: number}[] = []
    while (rest.length >= 5 && rest.length > rest.readInt32BE(1)) {
      const length = rest.readInt32BE(1) + 1
      const code = length >= 9 ? rest.readInt32BE(5) : -1
      messages.push({type: rest.toString('latin1', 0, 1), code})
      rest = rest.subarray(length)
    }
    return messages
  }
}

/** Follows one connection whose client does not use TLS. */
export function followTurn(): Turn {
  const read = backendReader()
  let login = false
  let readyDue = 0
  let copyIn = false
  let leaving = false
  const onMessage = (type: string, code: number): void => {
    if (type === 'R' && !NO_QUESTIONS.includes(code)) login = false
    if (type === 'G') copyIn = true
    if (type === 'E' || (type === 'Z' && login)) login = false
    else if (type === 'Z') readyDue = Math.max(0, readyDue - 1)
  }
  return {
    sent: (type) => {
      if (type === 'StartupMessage' || type === 'p') login = true
      if (type === 'Q' || type === 'S' || type === 'F') readyDue += 1
      if (type === 'c' || type === 'f') copyIn = false
      if (type === 'X' || type === 'CancelRequest') leaving = true
    },
    came: (chunk) => {
      for (const {type, code} of read(chunk)) onMessage(type, code)
    },
    isClients: () => !leaving && !login && (copyIn || readyDue === 0),
  }
}
