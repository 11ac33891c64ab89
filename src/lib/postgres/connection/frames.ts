/** What a server of PostgreSQL's protocol 3 sends (PostgreSQL documentation, 55.7). */
const TYPES = new Set([...Buffer.from('123ACDEGHIKNRSTVWZcdnstv')])
/** libpq's VALID_LONG_MESSAGE_TYPE (fe-protocol3.c); all others, and all before the login has ended, are short. */
const LONG_TYPES = new Set([...Buffer.from('dDEVNAT')])
/** libpq's limit of a short message, and PostgreSQL's of any (MaxAllocSize), in bytes. */
const SHORT = 30_000
const LONG = 0x3fff_ffff

/** SCRAM takes four of them. */
const MOST_QUESTIONS = 16

const [ERROR, NOTICE, QUESTION, READY] = [...Buffer.from('ENRZ')]
const HEADER = 5

const fault = (what: string): Error =>
  new Error(`it does not speak PostgreSQL's protocol (${what})`)

interface Frame {
  type: number
  /** Bytes of the body that are still to come. */
  left: number
  /** The last bytes of an error or a notice, which ends in two zeros, or is nothing but one. */
  tail: Buffer
}

const NOTHING = Buffer.alloc(0)

function begin(bytes: Buffer, at: number, loggedIn: boolean): Frame {
  const type = bytes.readUInt8(at)
  const length = bytes.readUInt32BE(at + 1)
  if (!TYPES.has(type)) throw fault('an unknown message')
  const limit = loggedIn && LONG_TYPES.has(type) ? LONG : SHORT
  if (length < 4 || length > limit) throw fault(`a message of ${length} bytes`)
  return {type, left: length - 4, tail: NOTHING}
}

/** Takes what the bytes from `at` on hold of the message. */
function pass(frame: Frame, chunk: Buffer, at: number): number {
  const taken = Math.min(frame.left, chunk.length - at)
  frame.left -= taken
  if (frame.type !== ERROR && frame.type !== NOTICE) return taken
  frame.tail = Buffer.concat([frame.tail, chunk.subarray(at, at + taken)]).subarray(-2)
  const ended = frame.tail.length > 0 && frame.tail.every((byte) => byte === 0)
  if (frame.left === 0 && !ended) throw fault('an error without an end')
  return taken
}

/**
 * Looks at the messages as they pass by, because node-postgres believes every length, and reads an error without an end for
 * ever (pg-protocol 1.x, parseErrorMessage).
 *
 * @returns takes the bytes in their order; throws an Error that says what is wrong when they hold what must not be read
 */
export function frameChecker(): (chunk: Buffer) => void {
  let head: Buffer = NOTHING
  let frame: Frame | undefined
  let loggedIn = false
  let questions = 0

  /** Where the body begins, when the header is complete. */
  const open = (chunk: Buffer, at: number): number => {
    if (head.length === 0 && at + HEADER <= chunk.length) {
      frame = begin(chunk, at, loggedIn)
      return at + HEADER
    }
    const part = chunk.subarray(at, at + HEADER - head.length)
    head = Buffer.concat([head, part])
    if (head.length === HEADER) {
      frame = begin(head, 0, loggedIn)
      head = NOTHING
    }
    return at + part.length
  }
  return (chunk) => {
    for (let at = 0; at < chunk.length || frame?.left === 0; ) {
      if (!frame) at = open(chunk, at)
      if (!frame) continue
      at += pass(frame, chunk, at)
      if (frame.left > 0) continue
      if (frame.type === QUESTION) questions += 1
      if (questions > MOST_QUESTIONS) throw fault('it asks for a login again and again')
      loggedIn ||= frame.type === READY
      frame = undefined
    }
  }
}
