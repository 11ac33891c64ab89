import {existsSync} from 'node:fs'
import {constants} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {expect, inject, test} from 'vitest'
import {printable} from '../../src/lib/target/text.js'
import type {ProgramResult} from '../support/program.js'
import {leaks} from '../support/stage.js'
import type {Fault, Form, Sight} from './fault.js'
import {fits} from './pattern.js'
import {openScene, type Place, type Scene} from './scene.js'

/**
 * Has each fault happen, to a person and to a script, and looks at what they see and what is left.
 *
 * @param options.concurrent several at a time; not where the server is shared with its faults, or time is measured
 */
export function testFaults(
  faults: readonly Fault[],
  place: () => Place = () => ({serverUrl: inject('serverUrl')}),
  {concurrent = true} = {},
): void {
  const define = concurrent ? test.concurrent : test
  for (const fault of faults) define(fault.name, () => happen(fault, place()))
}

const FORMS: readonly Form[] = ['words', '--json']

/** Where nothing happens beside the program, both forms find the same scene. */
async function happen(fault: Fault, place: Place): Promise<void> {
  const {forms = FORMS} = fault
  const isStill = !fault.arrange && !fault.during
  for (const some of isStill ? [forms] : forms.map((form) => [form]))
    await happenOn(await openScene(fault, place), fault, some)
}

async function happenOn(scene: Scene, fault: Fault, forms: readonly Form[]): Promise<void> {
  try {
    const undo = await fault.arrange?.(scene)
    if (!scene.hasLooked()) await scene.look()
    let said = ''
    for (const form of forms) {
      scene.start(form)
      const result = await follow(fault, scene)
      said += result.stderr + result.stdout
      await undo?.()
      expectSight(fault.sees, form, result, scene)
      expect(leaks(result.stdout + result.stderr)).toEqual([])
    }
    await expectKept(fault, scene, said)
  } catch (error) {
    // What went wrong first is what there is to tell.
    await scene.close().catch(() => {})
    throw error
  }
  await scene.close()
}

/** Milliseconds from the program's end in which what happens to it has to be done. */
const PATIENCE = 5000

/** What the program leaves, as long as it ends in time. */
async function follow({during, within = 9}: Fault, scene: Scene): Promise<ProgramResult> {
  // What happens may be what ends it, before all of it is done.
  const early = scene.result.then(async ({stdout, stderr}) => {
    await sleep(PATIENCE, undefined, {ref: false})
    throw new Error(`the program had ended before it happened:\n${stdout}${stderr}`)
  })
  if (during) await Promise.race([during(scene), early])
  else early.catch(() => {})
  const late = sleep(within * 1000, undefined, {ref: false}).then(() => {
    throw new Error(`the program had not ended after ${within} s:\n${scene.output()}`)
  })
  return await Promise.race([scene.result, late])
}

function expectSight(sight: Sight, form: Form, result: ProgramResult, scene: Scene): void {
  const {exit, code, stderr, stdout = ''} = sight
  expect(`exit ${exitOf(result, scene)}\n${result.stderr}`).toBe(`exit ${exit}\n${result.stderr}`)
  const seen = targetLine(sight, scene) + scene.fill(stderr)
  const [before = ''] = /^(?:(?!Error: ).*\n)*/.exec(seen) ?? []
  if (form === '--json' && code !== undefined) {
    const {error} = JSON.parse(result.stdout)
    expect(error).toMatchObject({code, message: expect.any(String)})
    expectFit(result.stderr, before)
    const [said = ''] = seen.slice(before.length).split('\n')
    const [first = ''] = error.message.split('\n').map(printable)
    // In words the place stands before it, unless the message itself names the file.
    if (!fits(`Error: ${first}`, said)) expectFit(`Error: ${placeOf(error)}${first}`, said)
    return
  }
  expectFit(result.stderr, seen)
  expect(result.stderr).not.toMatch(STEERING)
  if (form === 'words') expectFit(result.stdout, scene.fill(stdout))
  else JSON.parse(result.stdout)
}

function exitOf({code}: ProgramResult, {child}: Scene): number | null {
  return child.signalCode === null ? code : 128 + constants.signals[child.signalCode]
}

function targetLine(sight: Sight, {fill}: Scene): string {
  const target = 'target' in sight ? sight.target : 'local'
  const {user = '{user}', host = '{host}', database = '{database}'} = sight
  return target === undefined ? '' : fill(`${target}  ${user}@${host}/${database}\n`)
}

function placeOf({file, line, column}: Record<string, unknown>): string {
  return `${printable([file, line, column].filter((part) => part !== undefined).join(':'))}: `
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const STEERING = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/

/** Like a comparison, so that a failure shows both. */
function expectFit(text: string, pattern: string): void {
  if (!fits(text, pattern)) expect(text).toBe(pattern)
}

/** The old database is as it was, and nothing is beside it but what the user was told of. */
async function expectKept(
  {changes = [], leaves = [], perhaps, silently}: Fault,
  scene: Scene,
  said: string,
): Promise<void> {
  const {before, now} = await scene.compare()
  // What files and names try to run.
  expect(existsSync(join(scene.folder, 'pwned'))).toBe(false)
  for (const name of changes.map(scene.fill)) {
    delete before[name]
    delete now[name]
  }
  const left = Object.keys(now).filter((name) => !(name in before))
  for (const suffix of leaves) {
    const found = left.findIndex((name) => suffix.test(name.slice(scene.database.length)))
    const [name] = left.splice(found, found < 0 ? 0 : 1)
    if (!perhaps) expect(name, `a database that fits ${suffix}`).toBeDefined()
    if (name !== undefined) {
      if (!silently) expect(said).toContain(printable(name))
      delete now[name]
    }
  }
  expect(left).toEqual([])
  expect(now).toEqual(before)
}
