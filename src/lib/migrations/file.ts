import type {CruddurError} from '../error.js'
import {placeAt} from '../sql/place-at.js'
import {createScanner, finish, scan, type Unclosed} from '../sql/scan.js'
import type {Stop} from '../sql/scanner.js'
import {checksumOf} from './checksum.js'
import {findMarkers, invalid, type Marker} from './markers.js'
import type {Migration, Part} from './migration.js'
import type {NumberedFile} from './number.js'
import {readSource, type Source, stretchOf} from './source.js'

/**
 * Reads a migration: its parts are told apart, and not checked (see `scriptOf`).
 *
 * @param folder absolute
 * @throws CruddurError MIGRATION_INVALID with its place in the file: no up part or none with a statement, two of one kind, SQL
 *   in front of the first marker, a marker that is none; what `readSource` throws
 */
export async function readMigration(
  {path, version, name}: NumberedFile,
  options: {cwd: string; signal?: AbortSignal | undefined},
): Promise<Migration> {
  const source = await readSource(path, options)
  const {text} = source
  const {up, down} = pair(source, findMarkers(text))
  const upEnd = down?.start ?? text.bytes.length
  if (!firstThing(source, up.end, upEnd)) {
    throw invalid(
      text,
      up.start,
      'the up part has no statement',
      'write what it changes behind this line',
    )
  }
  const undoes = down && firstThing(source, down.end, text.bytes.length) !== undefined
  return {
    version,
    name,
    path: source.file.path,
    checksum: checksumOf(text.bytes.subarray(up.end, upEnd)),
    up: partOf(source, up, down),
    down: undoes ? partOf(source, down, undefined) : undefined,
  }
}

/** The markers as they have to be: one up part, and then at most one down part. */
function pair(source: Source, markers: readonly Marker[]): {up: Marker; down: Marker | undefined} {
  const {text} = source
  const [up, down] = markers
  const before = firstThing(source, 0, up?.start ?? text.bytes.length)
  if (!up || markers.every(({kind}) => kind === 'down')) throw withoutUp(source, before, up)
  if (before) throw early(source, before)
  for (const [index, marker] of markers.entries()) {
    if (marker.kind === markers[index - 1]?.kind || index > 1) throw second(source, marker, markers)
  }
  if (up.kind === 'down') {
    const hint = 'write -- migrate:up and its statements above this line'
    throw invalid(text, up.start, 'the down part stands in front of the up part', hint)
  }
  return {up, down}
}

function withoutUp(
  {text}: Source,
  before: Stop | Unclosed | undefined,
  down: Marker | undefined,
): CruddurError {
  const at = before ? placeOf(before) : (down?.start ?? 0)
  const hint = 'put one in front of the statements that change something'
  return invalid(text, at, 'there is no line -- migrate:up', hint)
}

function second({text}: Source, marker: Marker, markers: readonly Marker[]): CruddurError {
  const first = markers.find(({kind}) => kind === marker.kind) ?? marker
  const {line} = placeAt(text, first.start)
  return invalid(
    text,
    marker.start,
    `this is the second -- migrate:${marker.kind}; the first is in line ${line}`,
    'put both parts together, or into two files',
  )
}

function early({text}: Source, thing: Stop | Unclosed): CruddurError {
  const at = placeOf(thing)
  if (thing.kind === 'unclosed') {
    return invalid(
      text,
      at,
      `the ${thing.what} opened here is not closed in front of the first marker`,
      'close it',
    )
  }
  return invalid(
    text,
    at,
    'SQL stands in front of the first marker, where nothing runs it',
    'move it behind -- migrate:up',
  )
}

/** The first statement between two offsets, or whatever else is no blank and no comment. */
function firstThing({text}: Source, from: number, to: number): Stop | Unclosed | undefined {
  const scanner = createScanner(from)
  return scan(scanner, text.bytes.subarray(from, to), from) ?? finish(scanner)
}

function placeOf(thing: Stop | Unclosed): number {
  return thing.kind === 'statement' ? thing.statement.start : thing.at
}

/** @param next the marker that ends it */
function partOf(source: Source, marker: Marker, next: Marker | undefined): Part {
  const {text} = source
  const to = next?.start ?? text.bytes.length
  return {
    file: stretchOf(source, marker.end, to),
    transaction: marker.transaction,
    endedBy: next && placeAt(text, next.start).line,
    get sql() {
      const written = text.bytes.toString('utf8', marker.end, to)
      return written.replace(/^(?:[ \t]*\r?\n)+/, '').trimEnd()
    },
  }
}
