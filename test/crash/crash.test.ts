import {afterAll, beforeAll, describe, test} from 'vitest'
import {endure} from './endure.js'
import {long, type Plan, plansOf, seed} from './plan.js'
import {openScene, type Scene} from './scene.js'

const ENDURES_MS = 90_000

let scene: Scene
beforeAll(async () => {
  if (process.platform !== 'win32') scene = await openScene()
}, ENDURES_MS)
afterAll(async () => {
  if (!scene) return
  process.stdout.write(`${scene.tally.report()}\n`)
  await scene.close()
})

function endureAll(plans: readonly Plan[]): void {
  for (const plan of plans) test(plan.name, {timeout: ENDURES_MS}, () => endure(scene, plan))
}

describe.skipIf(process.platform === 'win32')(
  `the old or the new database is there whole, and the next setup works (seed ${seed}),`,
  () => {
    describe('when kill -9 ends the program:', () => {
      endureAll(plansOf('setup', long ? 170 : 8, ['program']))
      endureAll(plansOf('schema-load', long ? 76 : 3, ['program']))
      endureAll(plansOf('drop', long ? 20 : 1, ['program']))
    })

    describe('when the server is killed:', () => {
      const victims = ['postmaster', 'backend', 'shutdown'] as const
      endureAll(plansOf('setup', long ? 48 : 2, victims))
      endureAll(plansOf('schema-load', long ? 22 : 1, victims))
      endureAll(plansOf('drop', long ? 20 : 1, victims))
    })
  },
)
