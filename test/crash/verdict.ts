import {expect} from 'vitest'
import type {ProgramResult} from '../support/program.js'
import type {Content} from './content.js'
import {DATABASE} from './databases.js'
import type {Plan} from './plan.js'
import type {Scene} from './scene.js'
import type {Struck} from './strike.js'

const TEMPORARY = /\.(?:new|old)-[0-9a-f]{8}-[0-9a-f]{6}$/
const DATED = /_\d{8}_\d{6}$/
const MARK = 'cruddur-db setup: '
const STACK_TRACE = /^\s+at .*:\d+/m

/** How far the program had come, by what it had said. */
export function phaseOf({verb}: Plan, {said, wasRunning}: Struck): string {
  if (!wasRunning) return 'after the end'
  if (verb !== 'setup') return said === '' ? 'before the target line' : 'after the target line'
  if (said.includes('✔ drop-previous')) return 'after drop-previous'
  if (said.includes('✔ swap')) return 'after swap'
  if (said.includes('✔ seed')) return 'after seed'
  return said.includes('✔ create') ? 'building' : 'before create'
}

/** What a command that was not killed says of itself. */
interface Report {
  error?: {code: string; message: string}
  previous?: string | null
}

/** The one JSON document on stdout; empty for a program that was killed. */
export function reportOf(result: ProgramResult): Report {
  const {code, stdout, stderr} = result
  if (code === null) return {}
  expect(stderr).not.toMatch(STACK_TRACE)
  expect([0, 1, 3], stdout + stderr).toContain(code)
  const report: Report = JSON.parse(stdout)
  expect(report.error === undefined, stdout).toBe(code === 0)
  return report
}

/** What the database may hold after the blow, as far as what the program said leaves a choice. */
function allowed({verb, victim, fresh}: Plan, {code, stderr}: Struck, {known}: Scene): Content[] {
  if (verb === 'schema-load') return code === 0 ? [known.added] : [known.old, known.added]
  if (verb === 'drop') {
    // A server that dies in DROP DATABASE leaves it marked as invalid (PostgreSQL 15.4 and newer).
    const half = victim === 'program' ? [] : ['invalid']
    return code === 0 ? ['absent'] : [known.old, 'absent', ...half]
  }
  const old = fresh ? 'absent' : known.old
  if (code === 0 || stderr.includes('✔ swap')) return [known.built]
  return stderr.includes('✔ seed') ? [old, known.built] : [old]
}

/** Of a `drop`, the new state is that there is none. */
function wordFor(found: Content, {fresh}: Plan, {known}: Scene): 'old' | 'new' | 'invalid' {
  if (found === 'invalid') return 'invalid'
  return found === (fresh ? 'absent' : known.old) ? 'old' : 'new'
}

/** @returns what the database holds after the blow */
export async function judgeFound(
  scene: Scene,
  plan: Plan,
  group: string,
  struck: Struck,
): Promise<Content> {
  const {databases, known, tally} = scene
  const found = await databases.content(DATABASE)
  if (plan.victim === 'program') expect([null, 0], struck.stderr).toContain(struck.code)
  const said = `${JSON.stringify(known)}\nexit ${struck.code}\n${struck.stdout}${struck.stderr}`
  expect(allowed(plan, struck, scene), said).toContain(found)
  tally.count(group, `found ${wordFor(found, plan, scene)}`)
  const properties = await databases.properties()
  if (found === known.old || found === known.added) expect(properties).toBe(known.oldProperties)
  if (found === known.built) expect(properties).toBe(rightProperties(scene, plan, found))
  return found
}

/** What a built database has to have been given of the one before it. */
export function rightProperties({known}: Scene, {fresh}: Plan, before: Content): string {
  return fresh || before === 'absent' ? known.freshProperties : known.builtProperties
}

interface Leftovers {
  /** Under a name that setup gives while it works: marked by a comment as setup's own, and not (yet). */
  marked: string[]
  unmarked: string[]
  /** Kept by `--keep-previous`. */
  dated: string[]
}

/** Looks at the other databases: one that was replaced is whole, or its removal was under way. */
export async function leftoversOf(
  {databases: {content, others}, known}: Scene,
  plan: Plan,
  found: Content | 'whichever',
): Promise<Leftovers> {
  const comments = await others()
  const names = [...comments.keys()]
  const dated = names.filter((name) => DATED.test(name))
  const temporary = names.filter((name) => TEMPORARY.test(name))
  expect([...dated, ...temporary].sort(), 'all names are known').toEqual(names.sort())
  const marked = temporary.filter((name) => comments.get(name)?.startsWith(MARK))
  const unmarked = temporary.filter((name) => !marked.includes(name))
  for (const name of dated) expect(await content(name), name).toBe(known.old)
  for (const name of temporary.filter(isReplaced)) {
    expect([known.old, 'invalid'], name).toContain(await content(name))
    expect(marked, 'what was replaced is marked').toContain(name)
  }
  const isKept = plan.keepPrevious && found === known.built && !plan.fresh
  if (found !== 'whichever')
    expect(dated, 'what --keep-previous keeps').toHaveLength(isKept ? 1 : 0)
  return {marked, unmarked, dated}
}

function isReplaced(name: string): boolean {
  return name.includes('.old-')
}

/** What a program that came to its end by itself reports is so. */
export function judgeReport(
  scene: Scene,
  plan: Plan,
  group: string,
  {result, found, left}: {result: ProgramResult; found: Content; left: Leftovers},
): void {
  const {error, previous} = reportOf(result)
  if (error) {
    const done = wordFor(found, plan, scene) === 'new' ? ' (but it was done)' : ''
    scene.tally.count(group, `said ${error.code}${done}`)
  }
  const names = [...left.marked, ...left.dated]
  if (previous) expect(names, 'the previous database').toContain(previous)
  if (previous === null) expect(names.filter(isReplaced), 'no previous database').toEqual([])
}

/** The setup after it works, removes what is surely its own, and tells what it leaves. */
export async function judgeNext(
  {databases: {content, expectBystanders, others}, known, tally}: Scene,
  group: string,
  {marked, unmarked, dated}: Leftovers,
  next: ProgramResult,
): Promise<void> {
  expect(next.code, next.stdout + next.stderr).toBe(0)
  reportOf(next)
  expect(await content(DATABASE), 'the next setup').toBe(known.built)
  for (const name of dated)
    expect(await content(name), `${name} after the next setup`).toBe(known.old)
  const left = new Set((await others()).keys())
  for (const name of [...marked, ...unmarked]) {
    const isLeft = left.delete(name)
    if (isLeft) expect(unmarked, 'what is left').toContain(name)
    const word = isLeft ? `"${name}" has the name` : `removed "${name}"`
    expect(next.stderr, 'what becomes of it is told').toContain(word)
    tally.count(group, `leftover ${isLeft ? 'kept and told' : 'removed'}`)
  }
  expect([...left].sort(), 'there is nothing else').toEqual(dated.sort())
  await expectBystanders()
}
