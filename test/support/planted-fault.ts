import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect} from 'vitest'
import type {Layer, Status} from '../../src/lib/doctor/check.js'
import {type ProgramResult, runProgram} from './program.js'

/** How `cruddur-db doctor` is run. */
export interface Scene {
  /** Behind `doctor`; `--json` is added. */
  args?: string[]
  env?: Record<string, string>
  /** The package's own folder unless told. */
  cwd?: string
}

/** A fault as it was planted. */
export interface Planted {
  scene: Scene
  /** Does what the finding's fix says, no more. @returns the scene from then on, where it is another one */
  cure: () => Promise<Scene | undefined>
}

/** Takes what is to be done in the end. */
export type AtEnd = (remove: () => Promise<unknown> | unknown) => void

/** One fault that doctor finds, and whose cure, as doctor names it, cures it. */
export interface PlantedFault {
  name: string
  /** The check that finds it. */
  check: string
  status: 'warn' | 'fail'
  /** All of the finding's message. */
  message: string | RegExp
  /** All of its fix. */
  fix: string | RegExp
  /** What the check says when the fault is cured; `ok` unless told. */
  cured?: Status
  /** @param atEnd removes what was planted, the last one first, whatever became of the test */
  plant: (atEnd: AtEnd) => Promise<Planted>
}

export interface ReportedCheck {
  name: string
  layer: Layer
  status: Status
  message: string
  fix?: string
}

export interface DoctorReport extends ProgramResult {
  target: unknown
  checks: ReportedCheck[]
  /** The check of that name; it is an error when there is none. */
  check: (name: string) => ReportedCheck
}

/** Runs `cruddur-db doctor --json` to its end. */
export async function runDoctor({args = [], env, cwd}: Scene): Promise<DoctorReport> {
  const result = await runProgram(['doctor', '--json', ...args], {
    ...(env ? {env} : {}),
    ...(cwd ? {cwd} : {}),
  })
  const document = parsed(result)
  const check = (name: string): ReportedCheck => {
    const found = document.checks.find((one) => one.name === name)
    if (!found) throw new Error(`no check "${name}" in ${result.stdout}`)
    return found
  }
  return {...result, ...document, check}
}

function parsed({stdout, stderr}: ProgramResult): {target: unknown; checks: ReportedCheck[]} {
  try {
    return JSON.parse(stdout)
  } catch {
    throw new Error(`no JSON: ${stdout}\n${stderr}`)
  }
}

/** Plants the fault, has doctor find it, does what it says, and has doctor look again. */
export async function findAndCure(fault: PlantedFault): Promise<void> {
  const removals: (() => Promise<unknown> | unknown)[] = []
  try {
    const {scene, cure} = await fault.plant((remove) => removals.unshift(remove))
    const found = await runDoctor(scene)
    const {status, message, fix} = found.check(fault.check)
    expect({status, message, fix}).toEqual({
      status: fault.status,
      message: matching(fault.message),
      fix: matching(fault.fix),
    })
    const failed = found.checks.some((check) => check.status === 'fail')
    expect(found.code).toBe(failed ? 1 : 0)
    const after = await runDoctor((await cure()) ?? scene)
    const cured = after.check(fault.check)
    expect(cured).toMatchObject({status: fault.cured ?? 'ok'})
    if (cured.status === 'ok') expect(cured).not.toHaveProperty('fix')
  } finally {
    for (const remove of removals) await remove()
  }
}

function matching(expected: string | RegExp): unknown {
  return typeof expected === 'string' ? expected : expect.stringMatching(expected)
}

/** An empty folder of one fault's own. */
export function folderOf(atEnd: AtEnd): string {
  const folder = mkdtempSync(join(tmpdir(), 'cruddur-db-doctor-'))
  atEnd(() => rmSync(folder, {recursive: true, force: true}))
  return folder
}
