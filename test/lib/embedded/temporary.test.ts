import {mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {removeLeftovers} from '../../../src/lib/embedded/temporary.js'
import {moveUnlessThere} from '../../../src/lib/embedded/unpack.js'

const NO_PROCESS = 2 ** 30

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-temporary-'))
})
afterEach(() => rmSync(folder, {recursive: true, force: true}))

test('what killed starts left is removed, what others and running ones have is not', async () => {
  const old = `.tmp-${process.pid}-00000001`
  const kept = [
    `.tmp-${process.pid}-00000000`,
    `.tmp-${NO_PROCESS}`,
    `.tmp-${NO_PROCESS}-notes`,
    `tmp-${NO_PROCESS}-00000000`,
    `my.tmp-${NO_PROCESS}-00000000`,
  ]
  for (const name of [...kept, old, `.tmp-${NO_PROCESS}-0123abcd`]) mkdirSync(join(folder, name))
  utimesSync(join(folder, old), 0, 0)
  await removeLeftovers(folder)
  expect(readdirSync(folder).sort()).toEqual(kept.sort())
})

test('a folder is moved unless there is one, and nothing else that goes wrong is passed over', async () => {
  const [from, to] = [join(folder, 'from'), join(folder, 'to')]
  for (const path of [from, to]) mkdirSync(path)
  writeFileSync(join(to, 'theirs'), '')
  await moveUnlessThere(from, to)
  expect(readdirSync(to)).toEqual(['theirs'])
  await expect(moveUnlessThere(join(folder, 'none'), to)).rejects.toMatchObject({code: 'ENOENT'})
})
