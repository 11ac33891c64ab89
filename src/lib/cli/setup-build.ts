import type {UserIdsUpdate} from '../cognito/user-ids.js'
import type {Done} from '../migrations/run.js'
import type {Verify} from '../postgres/identity.js'
import {type RebuildResult, rebuildDatabase} from '../postgres/rebuild/rebuild.js'
import type {Target} from '../target/target.js'
import {alongside} from './alongside.js'
import {type FileConnection, inOneTransaction} from './files.js'
import {type Filling, fillDatabase, type LaterFillings} from './fill.js'
import type {SetupFiles} from './setup-files.js'
import {migrationFillings} from './setup-migrations.js'
import {type NamedPool, setUserIds} from './setup-user-ids.js'
import {openSteps, type Steps} from './steps.js'

/** What a setup is to do, all of it agreed to. */
export interface BuildOptions {
  files: SetupFiles
  seeded: boolean
  force: boolean
  keepPrevious: boolean
  /** Where the Cognito ids of the users come from, if they are to be set. */
  named: NamedPool | undefined
  connection: FileConnection
  verify: Verify
  /** Show no steps. */
  quiet: boolean
  /** Told what was found or is left behind. */
  onNote: (note: string) => void
}

/** What a setup has done. */
export interface Built extends RebuildResult {
  migrated: readonly Done[]
  userIds: UserIdsUpdate | undefined
  steps: Steps['done']
}

/**
 * Builds the database anew and puts it in its place, with a list of its steps on stderr.
 *
 * @throws CruddurError what {@link rebuildDatabase}, `fillDatabase`, `setUserIds` and the reading of its files throw
 */
export async function buildDatabase(target: Target, options: BuildOptions): Promise<Built> {
  const {connection, files, force, keepPrevious, named, onNote, quiet, seeded, verify} = options
  const {signal} = connection
  const {migrations} = await files.migrations()
  const migrating = migrations.length > 0
  const optional = [...(seeded ? ['seed'] : []), ...(migrating ? ['migrate'] : [])]
  const names = ['create', 'schema', ...optional, 'swap', ...(named ? ['user-ids'] : [])]
  const steps = openSteps(names, {quiet})
  const shown = above(steps, connection)
  const migrated: Done[] = []
  const fillings = () => fillingsOf(files, {seeded, migrating, migrated})
  const rebuild = (ready: ReturnType<typeof fillings>, over: AbortSignal): Promise<RebuildResult> =>
    rebuildDatabase(target, {
      ...shown,
      signal: over,
      force,
      keepPrevious,
      verify,
      step: steps.run,
      ready,
      onNote: (note) => steps.interrupt(() => onNote(note)),
      fill: (built, way) =>
        inOneTransaction(async () =>
          fillDatabase(built, await ready, {
            connection: {...shown, signal: over},
            way,
            step: steps.run,
            openBar: steps.openBar,
          }),
        ),
    })
  try {
    const rebuilt = await alongside(fillings, rebuild, signal)
    const userIds = named && (await setUserIds(target, {...named, connection: shown, steps}))
    return {...rebuilt, migrated, userIds, steps: steps.done}
  } finally {
    steps.end()
  }
}

interface Which {
  seeded: boolean
  migrating: boolean
  /** Migrations that have run are put behind those in it. */
  migrated: Done[]
}

async function fillingsOf(
  files: SetupFiles,
  {migrated, migrating, seeded}: Which,
): Promise<(Filling | LaterFillings)[]> {
  return [
    {step: 'schema', script: await files.schema()},
    ...(seeded ? [{step: 'seed', script: await files.seed()}] : []),
    ...(migrating
      ? [migrationFillings(await files.migrations(), (done) => migrated.push(done))]
      : []),
  ]
}

/** A connection's options with which what is remarked stands above the steps. */
function above(steps: Steps, connection: FileConnection): FileConnection {
  const {onEcho, onNotice, onWaiting} = connection
  return {
    ...connection,
    onEcho: (line) => steps.interrupt(() => onEcho(line)),
    onNotice: (...notice) => steps.interrupt(() => onNotice?.(...notice)),
    onWaiting: (reason) => steps.interrupt(() => onWaiting?.(reason)),
  }
}
