import {readdir, utimes, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {setTimeout as delay, setImmediate as turn} from 'node:timers/promises'
import {expect, test} from 'vitest'
import {whileClaimed} from '../../../src/lib/migrations/claim.js'
import {testFolder} from '../sql/support.js'

test('one at a time has it, also where a killed one has left a claim that all find', async () => {
  const folder = await testFolder()
  const path = join(folder, 'claim')
  let most = 0
  for (let round = 0; round < 10; round++) {
    await writeFile(path, '')
    await utimes(path, new Date(), new Date(Date.now() - 60_000))
    let inside = 0
    const runs: Promise<void>[] = []
    for (let each = 0; each < 12; each++) {
      runs.push(
        whileClaimed(path, async () => {
          most = Math.max(most, ++inside)
          await delay(3)
          inside--
        }),
      )
      // They come at different moments of one another.
      for (let turns = each % 4; turns > 0; turns--) await turn()
    }
    await Promise.all(runs)
  }
  expect(most).toBe(1)
  expect(await readdir(folder)).toEqual([])
})
