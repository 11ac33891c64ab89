import {readFileSync, writeFileSync} from 'node:fs'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {difference, listedTrips, listing, tripsOf} from './listing.js'
import {BUDGETS, type Budget} from './round-trips.js'
import {openScene, type Recorded, type Scene} from './scene.js'
import {isWriting, writeRow} from './table.js'

const LISTED = new URL('flights.txt', import.meta.url)
const TABLE = new URL('round-trips.ts', import.meta.url)

/** How long the program is given to say what does not depend on an answer: longer on a machine where that is too short. */
const DELAYS_MS = [10, 40, 160] as const

const titleOf = ({run, given}: Budget): string => `${run} (${given})`

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene.close())

function isWithin(recorded: Recorded, {trips, depth}: Budget): boolean {
  const found = tripsOf(recorded)
  const fits = found.every((count, index) => count <= (trips[index] ?? 0))
  return fits && recorded.depth <= depth
}

/** Counted again, with more time, where there are too many. */
async function record(budget: Budget, delays: readonly number[] = DELAYS_MS): Promise<Recorded> {
  const [delayMs = 0, ...longer] = delays
  const recorded = await scene.record(budget.run, budget.given, {delayMs})
  expect(recorded.program.code, recorded.program.stderr).toBe(0)
  return isWithin(recorded, budget) || longer.length === 0 ? recorded : record(budget, longer)
}

function excess(recorded: Recorded, budget: Budget): string {
  const title = titleOf(budget)
  const [found, allowed] = [tripsOf(recorded), budget.trips].map((trips) => trips.join(' + '))
  return `${title} takes more round trips than test/budget/round-trips.ts allows
  on its connections  ${found || 'none'}, at most ${allowed || 'none'}
  one behind another  ${recorded.depth}, at most ${budget.depth}
Its flights, each with its place in the longest chain to it; + was not there before, - has gone:
${difference(recorded, readFileSync(LISTED, 'utf8'), title)}
`
}

describe.skipIf(isWriting)('a command takes no more round trips than its budget', () => {
  test.each(BUDGETS.map((budget) => [titleOf(budget), budget] as const))(
    '%s',
    async (_, budget) => {
      const recorded = await record(budget)
      if (!isWithin(recorded, budget)) throw new Error(excess(recorded, budget))
    },
  )

  test('a login by SCRAM among them, where the server asks for a password', async ({skip}) => {
    const {connections} = await scene.record('sessions', 'no database', {delayMs: DELAYS_MS[0]})
    const logins = connections.map((flights) =>
      flights.filter(({messages}) => messages.some(({type}) => type === 'p')),
    )
    if (logins.flat().length === 0) skip('this server asks for none')
    expect(Math.max(...logins.map(({length}) => length))).toBe(2)
  })

  test('as they are listed in flights.txt', () => {
    const file = readFileSync(LISTED, 'utf8')
    const listed = BUDGETS.map((budget) => ({
      title: titleOf(budget),
      trips: listedTrips(file, titleOf(budget)),
    }))
    expect(listed).toEqual(BUDGETS.map((budget) => ({title: titleOf(budget), trips: budget.trips})))
  })
})

describe.runIf(isWriting)('CRUDDUR_BUDGET=write', () => {
  test('lists the flights, and writes their numbers into the table', {
    timeout: 300_000,
  }, async () => {
    const blocks: string[] = []
    for (const budget of BUDGETS) {
      const recorded = await record(budget, [40])
      blocks.push(listing(titleOf(budget), recorded))
      const numbers = {trips: tripsOf(recorded), depth: recorded.depth}
      writeRow(TABLE, {run: budget.run, given: budget.given}, numbers)
    }
    writeFileSync(LISTED, blocks.join('\n'))
  })
})
