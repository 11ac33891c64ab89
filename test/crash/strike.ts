import {setImmediate as nextTurn, setTimeout as sleep} from 'node:timers/promises'
import {ended, type ProgramResult, startProgram} from '../support/program.js'
import {commandLine} from './command.js'
import {chance, type Moment, type Plan} from './plan.js'
import type {Scene} from './scene.js'
import {aimAt, type CrashServer, PROGRAM, type Witness} from './server.js'

/** What became of a run that was to be cut short. */
export interface Struck extends ProgramResult {
  /** Whether the program still ran when the blow fell. */
  wasRunning: boolean
  /** What it had said on stderr by then. */
  said: string
}

/** A program that runs. */
interface Running {
  isRunning: () => boolean
  /** Its stderr so far. */
  said: () => string
}

/** A program whose server is gone must end by itself: 10 s for a connection, and some for a busy machine. */
const ENDS_WITHIN_MS = 40_000

const LOOK_EVERY_MS = 1

/** All sessions feel it when the server ends one of them. */
const FELT_WITHIN_MS = 1000

/** Time for the blow to be aimed. */
const AIM_MS = 5

/** Starts the program as planned, strikes at the planned moment, and waits until the program has ended. */
export async function strike(scene: Scene, plan: Plan): Promise<Struck> {
  const {server} = scene
  const witness = await server.witness()
  const started = performance.now()
  const child = startProgram(...commandLine(scene, plan))
  const result = ended(child)
  let said = ''
  child.stderr?.on('data', (text: string) => {
    said += text
  })
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null
  try {
    const around = {isRunning, said: () => said}
    const wholeMs = scene.wholeMs[plan.verb] * scene.slowness
    const at = await momentToAim(plan.moment, around, witness, started, wholeMs)
    const blow =
      plan.victim === 'program'
        ? () => child.kill('SIGKILL')
        : await aimAt(server, plan.victim, witness, chance(`${plan.name} victim`))
    await untilExactly(at, isRunning)
    const before = {wasRunning: isRunning(), said}
    blow()
    if (plan.victim === 'backend') await makeSure(server, witness)
    if (plan.victim !== 'program') await witness.gone
    if (plan.victim !== 'program' && plan.atOnce) await server.revive()
    return {...(await inTime(result)), ...before}
  } finally {
    if (isRunning()) child.kill('SIGKILL')
    await result
    await witness.close().catch(() => {})
  }
}

/** Waits until it is time to aim. @returns when to strike, as performance.now() */
async function momentToAim(
  moment: Moment,
  {isRunning, said}: Running,
  witness: Witness,
  started: number,
  wholeMs: number,
): Promise<number> {
  if (moment.kind === 'time') {
    const at = started + moment.share * wholeMs
    await sleep(Math.max(0, at - AIM_MS - performance.now()))
    return at
  }
  const isReached =
    moment.kind === 'step'
      ? () => said().includes(`${moment.step} `)
      : async () => (await witness.query(running(moment.like))).length > 0
  while (isRunning() && !(await isReached())) await sleep(LOOK_EVERY_MS)
  return performance.now() + moment.ms
}

function running(like: string): string {
  return `SELECT FROM pg_stat_activity
    WHERE ${PROGRAM} AND state = 'active' AND ltrim(query, E' \\n') LIKE '${like}'`
}

/** A process that was about to end anyway takes no other with it: then it is somebody else's turn. */
async function makeSure(server: CrashServer, witness: Witness): Promise<void> {
  const isDown = (): Promise<boolean> =>
    Promise.race([witness.gone.then(() => true), sleep(FELT_WITHIN_MS, false)])
  while (!(await isDown())) {
    const blow = await aimAt(server, 'backend', witness, 0).catch(() => () => {})
    blow()
  }
}

async function untilExactly(at: number, isRunning: () => boolean): Promise<void> {
  while (isRunning() && performance.now() < at) await nextTurn()
}

async function inTime(result: Promise<ProgramResult>): Promise<ProgramResult> {
  const controller = new AbortController()
  const late = sleep(ENDS_WITHIN_MS, undefined, {signal: controller.signal}).then(() => {
    throw new Error(`the program still runs ${ENDS_WITHIN_MS} ms after its server was killed`)
  })
  try {
    return await Promise.race([result, late])
  } finally {
    late.catch(() => {})
    controller.abort()
  }
}
