import {expect} from 'vitest'
import type {Status} from '../../../../src/lib/doctor/check.js'
import {type AtEnd, runDoctor, type Scene} from '../../../support/planted-fault.js'
import {runProgram} from '../../../support/program.js'
import {applySql} from './scene.js'

/** A fault behind the login, or in AWS; unlike a PlantedFault's its cure is what the finding's fix says, done word by word. */
export interface InnerFault {
  name: string
  check: string
  status: Extract<Status, 'warn' | 'fail'>
  message: string | RegExp
  fix: string | RegExp
  plant: (atEnd: AtEnd) => Promise<Scene>
  /** Does what the fix says where that is neither SQL nor a command of ours. */
  follow?: (fix: string, scene: Scene) => Promise<unknown> | unknown
}

const COMMAND = /(?:^|: )cruddur-db (.*)$/

/** Runs the command or the SQL that a fix names. */
export async function apply(fix: string, {cwd, env}: Scene): Promise<void> {
  const [, words] = COMMAND.exec(fix) ?? []
  if (words === undefined) {
    const [, name] = /^connect to "(.*)" and run: /.exec(fix) ?? []
    return await applySql(fix, name?.replaceAll('""', '"'))
  }
  const {code, stderr} = await runProgram(words.split(' '), {
    ...(cwd ? {cwd} : {}),
    ...(env ? {env} : {}),
  })
  expect({code, stderr}).toMatchObject({code: 0})
}

const matching = (text: string | RegExp): unknown =>
  typeof text === 'string' ? text : expect.stringMatching(text)

/** Plants the fault, has the built program find it, does what it says, and has it look again. */
export async function findAndFollow(fault: InnerFault): Promise<void> {
  const removals: (() => Promise<unknown> | unknown)[] = []
  try {
    const scene = await fault.plant((remove) => removals.unshift(remove))
    const {check, message, status} = fault
    const found = (await runDoctor(scene)).check(check)
    expect(found).toMatchObject({status, message: matching(message), fix: matching(fault.fix)})
    const {fix = ''} = found
    await (fault.follow ?? apply)(fix, scene)
    const after = (await runDoctor(scene)).check(check)
    expect(after).toMatchObject({status: 'ok'})
    expect(after).not.toHaveProperty('fix')
  } finally {
    for (const remove of removals) await remove()
  }
}
