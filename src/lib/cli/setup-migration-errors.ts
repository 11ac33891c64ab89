import {CruddurError, reworded} from '../error.js'

/** What a run without a transaction remarks: of a setup that fails nothing is kept. */
const KEPT = / \((?:no statement|1 statement|\d+ statements) before it [^()]*\bkept\)$/

const ROWS = 'of cruddur_migrations in the schema file'

/** Of refusals about what the schema file has recorded as run. */
const BY_CODE: Readonly<Record<string, string>> = {
  MIGRATION_CHANGED: `restore the file, or correct its row ${ROWS}`,
  MIGRATION_OUT_OF_ORDER: `give it a higher number, or add what it makes and its row ${ROWS}`,
  MIGRATION_UNFINISHED: `complete what it makes and its row ${ROWS}, or remove both`,
}

/**
 * The error of a migration in the words of a setup, where the database that it ran in is thrown away: the cures of `migrate`
 * would change the records of the old one.
 */
export function failedInSetup(error: unknown): unknown {
  if (!(error instanceof CruddurError)) return error
  return reworded(error, {
    message: error.message.replace(KEPT, ''),
    hint: cureOf(error),
    cause: error.cause,
    data: {statements: undefined},
  })
}

function cureOf({code, details: {hint}}: CruddurError): string | undefined {
  if (BY_CODE[code]) return BY_CODE[code]
  if (!hint?.includes('--mark-applied')) return hint
  return 'the files that ran before have made it: take it out of them, or delete the migration where every database has had it'
}
