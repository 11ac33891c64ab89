/** An answer that a program waits for. */
interface Awaited {
  /** How many round trips, one behind the other, lead to it; itself counted. */
  depth: () => number
  /** What of it has come from the server. */
  come: () => 'nothing' | 'some' | 'all'
  deliver: () => void
  /** The end of a connection that the program has said goodbye on, which it may not wait for: it gets more time to end. */
  isGoodbye?: () => boolean
}

export interface Lockstep {
  /** The greatest depth of what was delivered. */
  depth: () => number
  /** The program has said something. */
  heard: () => void
  add: (answer: Awaited) => void
  /** What is given up is not delivered any more. */
  stop: () => void
}

const TICKS = 10
const GOODBYE_TICKS = 50

/**
 * Delivers answers of equal depth together, once all of them are there and the program has been quiet for `delayMs`: so
 * what does not depend on an answer is sent before that answer comes, as over a slow network, on whatever machine. Where
 * the program takes longer than that between two things it sends, they seem to depend on each other: what is counted is
 * never too small, and can be too great.
 *
 * @param delayMs counted in turns of the event loop, which a busy machine makes longer
 * @param patienceMs an answer that takes longer (a server that waits for what another connection does) holds no other up
 */
export function lockstep({delayMs, patienceMs}: {delayMs: number; patienceMs: number}): Lockstep {
  const awaited = new Map<Awaited, number>()
  let delivered = 0
  let quietTicks = 0
  const isOverdue = (since: number): boolean => performance.now() - since > patienceMs
  const due = (): Awaited[] => {
    const all = [...awaited]
    const patient = all.filter(([answer, since]) => answer.come() === 'all' || !isOverdue(since))
    const step = Math.min(...patient.map(([answer]) => answer.depth()))
    if (patient.some(([answer]) => answer.depth() === step && answer.come() !== 'all')) return []
    const late = all.filter(([answer, since]) => answer.come() === 'some' && isOverdue(since))
    const now = patient.filter(([answer]) => answer.depth() === step)
    return [...now, ...late].map(([answer]) => answer)
  }
  const tick = (): void => {
    quietTicks += 1
    if (quietTicks <= TICKS) return
    const answers = due()
    if (quietTicks <= GOODBYE_TICKS && answers.some((answer) => answer.isGoodbye?.())) return
    for (const answer of answers) {
      quietTicks = 0
      awaited.delete(answer)
      delivered = Math.max(delivered, answer.depth())
      answer.deliver()
    }
  }
  const timer = setInterval(tick, delayMs / TICKS)
  return {
    depth: () => delivered,
    heard: () => {
      quietTicks = 0
    },
    add: (answer) => awaited.set(answer, performance.now()),
    stop: () => clearInterval(timer),
  }
}
