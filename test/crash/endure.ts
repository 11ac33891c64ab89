import {expect} from 'vitest'
import {type ProgramResult, runProgram} from '../support/program.js'
import {runCommand} from './command.js'
import {DATABASE} from './databases.js'
import {chance, type Plan} from './plan.js'
import type {Scene} from './scene.js'
import {strike} from './strike.js'
import {
  judgeFound,
  judgeNext,
  judgeReport,
  leftoversOf,
  phaseOf,
  reportOf,
  rightProperties,
} from './verdict.js'

/** What a setup may say that comes while the server still works for the killed program. */
const BUSY = ['SETUP_RUNNING', 'DATABASE_IN_USE']

/** Runs a plan, and fails unless the old or the new database is there whole and the next setup works. */
export async function endure(scene: Scene, plan: Plan): Promise<void> {
  const {databases, server, tally} = scene
  const group = `${plan.verb}, ${plan.victim} killed`
  await server.revive()
  await databases.reset({old: !plan.fresh})
  const holder = plan.busy ? await server.connect(DATABASE) : undefined
  try {
    const struck = await strike(scene, plan)
    tally.count(group, phaseOf(plan, struck))
    if (plan.victim !== 'program') await bringBack(scene, plan)
    const hurried = plan.victim === 'program' && plan.atOnce && (await hurry(scene, plan, group))
    await server.quiet()
    if (hurried) {
      const left = await leftoversOf(scene, plan, 'whichever')
      await judgeNext(scene, group, left, await setup(scene, plan))
      return
    }
    const found = await judgeFound(scene, plan, group, struck)
    const left = await leftoversOf(scene, plan, found)
    judgeReport(scene, plan, group, {result: struck, found, left})
    if (found === 'invalid') await meetInvalid(scene, plan)
    await judgeNext(scene, group, left, await setup(scene, plan))
    if (found !== 'invalid')
      expect(await databases.properties()).toBe(rightProperties(scene, plan, found))
  } finally {
    await holder?.end().catch(() => {})
  }
}

async function setup(scene: Scene, {byUrl, busy}: Plan): Promise<ProgramResult> {
  const began = performance.now()
  const result = await runCommand(scene, {verb: 'setup', byUrl, busy})
  scene.slowness = (performance.now() - began) / scene.wholeMs.setup
  return result
}

/** The server is brought back by the tool, or by whoever runs it. */
async function bringBack({server}: Scene, plan: Plan): Promise<void> {
  if (chance(`${plan.name} by the tool`) < 0.5) {
    const env = {CRUDDUR_DB_HOME: server.home}
    const {code, stderr} = await runProgram(['server', 'start'], {env})
    expect(code, stderr).toBe(0)
  }
  await server.revive()
}

/** A setup before the server has noticed that the first one's program is gone. @returns whether it was done */
async function hurry(scene: Scene, plan: Plan, group: string): Promise<boolean> {
  const result = await setup(scene, plan)
  const {error} = reportOf(result)
  scene.tally.count(group, `at once: ${error?.code ?? 'done'}`)
  if (error) expect(BUSY, result.stdout).toContain(error.code)
  else expect(await scene.databases.content(DATABASE), 'the setup at once').toBe(scene.known.built)
  return !error
}

/** A database whose DROP the server did not survive: whoever wants it is told so, and it can be dropped. */
async function meetInvalid(scene: Scene, {byUrl, name}: Plan): Promise<void> {
  const refused = await runCommand(scene, {verb: 'schema-load', byUrl})
  expect(refused.code, refused.stderr).not.toBe(0)
  expect(reportOf(refused).error?.code).toBe('DATABASE_INVALID')
  if (chance(`${name} drop`) < 0.5) return
  const dropped = await runCommand(scene, {verb: 'drop', byUrl})
  expect(dropped.code, dropped.stderr).toBe(0)
  expect(await scene.databases.content(DATABASE)).toBe('absent')
}
