import {CruddurError, reworded} from '../error.js'
import {isServerError} from '../server-error.js'
import {type CommandLine, plainCommand} from '../target/again.js'
import {shellWord} from '../target/text.js'
import type {Step} from './decide.js'
import {HISTORY} from './history.js'
import {labelOf} from './label.js'
import {inPart} from './part.js'
import {RECORD_PATH} from './record.js'

/** What exists already: a table, a column, an index, a type, a function, a schema. */
const EXISTS = /^42(?:P07|701|710|723|P06)$/

/** A part's error with the words of migrations; what is none of ours as it came. */
export function stepFailed(
  error: unknown,
  step: Step,
  command: CommandLine = plainCommand,
): unknown {
  if (!(error instanceof CruddurError)) return error
  const {file} = error.details
  if (file === RECORD_PATH) return recordFailed(error.cause ?? error, step, {command})
  const told = file?.includes(RECORD_PATH) ? atCommit(error, step) : error
  const hint = told.code === 'SQL_ERROR' ? cureOf(told, step, command) : undefined
  return hint === undefined ? inPart(told, step.part) : reworded(told, {hint, cause: told.cause})
}

/** At COMMIT the file that is meant is the part's. */
function atCommit(error: CruddurError, {part}: Step): CruddurError {
  const {code, message, exit, excerpt, details, data, cause} = error
  const rest = {exit, excerpt, data, ...(cause === undefined ? {} : {cause})}
  return new CruddurError(code, message, {...details, ...rest, file: part.file.path})
}

/** A cure of ours where the server has none: those of other files have the database made anew, or tell it of another one. */
function cureOf(
  {cause, details: {sqlstate = ''}}: CruddurError,
  {direction, migration}: Step,
  command: CommandLine,
): string | undefined {
  if (!isServerError(cause) || cause.hint !== undefined) return undefined
  if (sqlstate === '23505')
    return 'some rows have the same there: change them further up in the file, or by hand'
  if (sqlstate === '55P03') return `somebody else uses it: see who with ${command('sessions')}`
  if (sqlstate === '57014')
    return 'if it took longer than statement_timeout allows: SET statement_timeout = 0 above it'
  if (sqlstate === '42P01' && direction === 'down')
    return 'the up part, as it ran, has not made that: correct the down part'
  if (sqlstate === '42P01')
    return `create it further up, or load the schema first: ${command('schema-load')}`
  if (!EXISTS.test(sqlstate)) return undefined
  if (direction === 'down') return 'drop it further up in the down part'
  const label = shellWord(labelOf(migration))
  // What is there may have been made by hand.
  return `if the database has all of it already: ${command(`migrate --mark-applied ${label}`)}`
}

/**
 * The server's error about the record of a migration.
 *
 * @param options.ran whether the part has run, each statement of it by itself
 */
export function recordFailed(
  error: unknown,
  {direction, migration, part}: Step,
  {command, ran = false}: {command: CommandLine; ran?: boolean},
): unknown {
  const label = labelOf(migration)
  const kept = part.transaction ? 'nothing of it was kept' : 'nothing of it was run'
  const so = ran ? 'though all of it has run' : `so ${kept}`
  if (isServerError(error) && error.code === '23505' && direction === 'up') {
    return new CruddurError(
      'MIGRATION_RAN_ALREADY',
      `${label} was run by somebody else in the meantime; here ${kept}`,
      {
        hint: `look at what has run: ${command('migrate-status')}`,
        sqlstate: error.code,
        cause: error,
      },
    )
  }
  const why = error instanceof Error ? error.message : String(error)
  const server = isServerError(error) ? error : undefined
  return new CruddurError(
    'HISTORY_NOT_WRITTEN',
    `${label} cannot be recorded in ${HISTORY}, ${so}: ${why}`,
    {
      sqlstate: server?.code,
      detail: server?.detail,
      hint:
        server?.code === '42501'
          ? `as its owner: GRANT SELECT, INSERT, UPDATE, DELETE ON ${HISTORY} TO …`
          : (server?.hint ?? `see whether the migration changes ${HISTORY} itself`),
      cause: error,
    },
  )
}
