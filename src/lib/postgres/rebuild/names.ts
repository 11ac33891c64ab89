import {createHash, randomBytes} from 'node:crypto'
import {NAME_BYTES} from '../../target/server.js'

/** `base` shortened, at a character's border, so that `base + suffix` is a name PostgreSQL keeps whole. */
function fitted(base: string, suffix: string): string {
  let kept = base
  while (Buffer.byteLength(kept + suffix) > NAME_BYTES) kept = [...kept].slice(0, -1).join('')
  return kept + suffix
}

function mark(database: string): string {
  return createHash('sha256').update(database).digest('hex').slice(0, 8)
}

/**
 * A name for the database that `setup` builds (`new`) or has just replaced (`old`). It holds a mark
 * of the whole target name, so that what a killed setup left is known as that target's own even
 * where the name had to be shortened, and a random part.
 */
export function temporaryName(database: string, kind: 'new' | 'old'): string {
  const random = randomBytes(3).toString('hex')
  return fitted(database, `.${kind}-${mark(database)}-${random}`)
}

/** True for a name that {@link temporaryName} made for this database. */
export function isTemporaryName(name: string, database: string): boolean {
  const suffix = /\.(?:new|old)-([0-9a-f]{8})-[0-9a-f]{6}$/.exec(name)
  return suffix?.[1] === mark(database) && name === fitted(database, suffix[0])
}

/** The name a previous database is kept under: `cruddur_20261122_101530` (UTC). */
export function datedName(database: string, now: Date): string {
  const digits = now.toISOString().replaceAll(/[-:]/g, '')
  const date = `_${digits.slice(0, 8)}_${digits.slice(9, 15)}`
  const whole = database + date
  // Shortened names may be alike.
  return fitted(
    database,
    Buffer.byteLength(whole) > NAME_BYTES ? `_${mark(database)}${date}` : date,
  )
}
