import {CruddurError} from '../error.js'
import type {Decide, Decision, Step} from '../migrations/decide.js'
import {type MigrationFolder, readMigrations} from '../migrations/folder.js'
import {type History, readHistory} from '../migrations/history.js'
import {scriptOf} from '../migrations/part.js'
import {type Done, type MigrationResult, runMigrations} from '../migrations/run.js'
import {statesOf} from '../migrations/states.js'
import {withClient} from '../postgres/connection/connect.js'
import type {Verify} from '../postgres/identity.js'
import type {Survey} from '../postgres/survey.js'
import type {CommandLine} from '../target/again.js'
import type {Target} from '../target/target.js'
import {type Act, type Agreement, agree} from './agree.js'
import {checkConsent} from './consent.js'
import type {FileConnection} from './files.js'
import {actOf, type Verb, wordsOf} from './migration-plan.js'
import type {PlanWords} from './plan.js'
import {openProgressBar, SILENT_BAR} from './progress.js'
import {withBar} from './shown.js'

export interface MigrationRequest {
  verb: Verb
  /** Makes the commands of hints. */
  command: CommandLine
  decide: Decide
  packageRoot: string
  /** The value of `--confirm`. */
  confirm: string | undefined
  dryRun: boolean
  /** Show no bar. */
  quiet: boolean
  /** Told what is done, as lines. */
  onDone: (done: Done) => void
  /** Told what should be known of the files and of what is done with them. */
  onNote: (note: string) => void
}

export interface MigrationRun {
  agreement: Agreement
  folder: MigrationFolder
  /** What would be run; known where a plan was made. */
  planned: Decision | undefined
  /** Undefined with --dry-run. */
  result: MigrationResult | undefined
}

/**
 * Target → plan → consent → act, for `migrate` and `rollback`.
 *
 * @throws CruddurError NOT_CONFIRMED (exit 4); what `readMigrations`, `agree` and `runMigrations` throw
 */
export async function migrateWithConsent(
  target: Target,
  request: MigrationRequest,
  connection: FileConnection,
): Promise<MigrationRun> {
  const {confirm, dryRun, packageRoot, verb} = request
  let planned: Decision | undefined
  const act: Act = {
    // What that is, is known once it has been looked.
    get act() {
      return actOf(verb, planned ?? {steps: [], marks: []})
    },
    confirm,
    dryRun,
    plan: async (survey) => {
      const words = await planFor(target, survey, {folder, decide: request.decide}, connection)
      planned = words.decision
      return words
    },
  }
  if (!dryRun) checkConsent(target, act)
  const {signal} = connection
  const folder = await readMigrations({cwd: process.cwd(), packageRoot, signal})
  for (const warning of folder.warnings) request.onNote(warning)
  const agreement = await agree(target, act, connection)
  if (dryRun) return {agreement, folder, planned, result: undefined}
  const agreed = planned && numbersOf(planned)
  const {verify} = agreement
  const result = await runShown(agreement.target, {folder, agreed, verify, request}, connection)
  return {agreement, folder, planned, result}
}

function numbersOf({marks, steps}: Decision): bigint[] {
  return [...steps.map(({migration}) => migration), ...marks].map(({version}) => version)
}

/** Looks at what has run and at the files of what would, before anybody is asked. */
async function planFor(
  target: Target,
  {trouble}: Survey,
  {folder, decide}: {folder: MigrationFolder; decide: Decide},
  connection: FileConnection,
): Promise<PlanWords & {decision: Decision | undefined}> {
  if (trouble) return {steps: [], loss: null, refusal: trouble, decision: undefined}
  const history: History = await withClient(target, readHistory, connection)
  const decided = decideOr(decide, folder, history)
  if (decided instanceof CruddurError)
    return {steps: [], loss: null, refusal: decided, decision: undefined}
  await checkSteps(decided.steps, target, connection)
  return {...wordsOf(decided), decision: decided}
}

/** What is to be done, or why that is refused as things are; a name that is none is a mistake, not a state. */
function decideOr(
  decide: Decide,
  {migrations}: MigrationFolder,
  {records}: History,
): Decision | CruddurError {
  try {
    return decide(statesOf(migrations, records))
  } catch (error) {
    if (error instanceof CruddurError && error.exit === 1) return error
    throw error
  }
}

async function checkSteps(
  steps: readonly Step[],
  {database}: Target,
  {signal}: FileConnection,
): Promise<void> {
  for (const {part} of steps) await scriptOf(part, {database, cwd: process.cwd(), signal})
}

interface Agreed {
  folder: MigrationFolder
  agreed: readonly bigint[] | undefined
  verify: Verify
  request: MigrationRequest
}

/** Runs them under a bar. */
async function runShown(
  target: Target,
  {agreed, folder, request, verify}: Agreed,
  connection: FileConnection,
): Promise<MigrationResult> {
  const {command, decide, onDone, onNote, quiet} = request
  return await withBar(
    connection,
    async (bar, {slow, ...shown}) =>
      await runMigrations(target, folder.migrations, decide, {
        ...shown,
        cwd: process.cwd(),
        agreed,
        command,
        verify,
        onClient: ({connection}) => slow(connection.stream),
        onProgress: bar.update,
        onDone: (done) => bar.interrupt(() => onDone(done)),
        onNote: (note) => bar.interrupt(() => onNote(note)),
      }),
    quiet ? SILENT_BAR : openProgressBar(),
  )
}
