import {Flags} from '@oclif/core'
import {type Verify, verifier} from '../postgres/identity.js'
import {type Survey, surveyDatabase} from '../postgres/survey.js'
import type {Target, TargetJson} from '../target/target.js'
import {type ConsentRequest, checkConsent, requireConsent} from './consent.js'
import type {FileConnection} from './files.js'
import {makePlan, type Plan, type PlanWords, planLines} from './plan.js'
import {terminalColumns} from './terminal.js'

export const dryRunFlag = Flags.boolean({
  summary: 'Show what would be done and what would be lost; touch nothing.',
})

/** What --dry-run gives a script. */
export interface DryRunResult {
  target: TargetJson
  plan: Plan | undefined
}

/** A destructive act, before anything of it is done. */
export interface Act extends ConsentRequest {
  /** Only show the plan. */
  dryRun: boolean
  /** What it does to what there is. */
  plan: (survey: Survey) => PlanWords | Promise<PlanWords>
}

/** What was agreed to. */
export interface Agreement {
  /** The target, as production when its server has turned out to be that. */
  target: Target
  /** What was shown; undefined when nobody had to be asked. */
  plan: Plan | undefined
  /** To be called on the connection that acts, right before it does. */
  verify: Verify
}

/** Whether it is looked beforehand at what there is to lose: somebody is to see it, or to agree to it. */
export function isPlanned(
  {production}: Target,
  {confirm, dryRun}: Pick<Act, 'confirm' | 'dryRun'>,
): boolean {
  return dryRun || production || confirm !== undefined
}

/**
 * Target → plan → consent: looks at what is there, shows what would be done to it, and asks where it is production.
 * With --dry-run it ends there. Elsewhere nothing is looked at and nobody is asked, unless --confirm is given.
 *
 * @throws CruddurError NOT_CONFIRMED, exit 4, before anything is looked at where nobody can be asked; the plan's refusal
 */
export async function agree(
  target: Target,
  act: Act,
  connection: FileConnection,
): Promise<Agreement> {
  if (!act.dryRun || act.confirm !== undefined) checkConsent(target, act)
  if (!isPlanned(target, act)) return {target, plan: undefined, verify: verifier(target, undefined)}
  const survey = await surveyDatabase(target, connection)
  const judged = survey.rds ? {...target, production: true, productionServer: true} : target
  const words = await act.plan(survey)
  const plan = makePlan(act.act, target.database, survey, words)
  const verify = verifier(target, survey)
  if (words.refusal && !act.dryRun) throw words.refusal
  if (act.dryRun) return {target: judged, plan, verify}
  if (judged.production) show(planLines(plan, judged, 'will', terminalColumns(process.stderr)))
  if (plan.steps.length > 0) await requireConsent(judged, act, connection.signal)
  return {target: judged, plan, verify}
}

function show(lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${line}\n`)
}
