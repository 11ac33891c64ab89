import {existsSync, lstatSync, readdirSync, realpathSync} from 'node:fs'
import {dirname, join, relative, sep} from 'node:path'
import {closest, distance} from 'fastest-levenshtein'
import {CruddurError} from '../error.js'
import {printable} from '../target/text.js'

/** Where templates lie: the nearest `db/sql` from a folder upwards, and behind it the package's own. */
export interface TemplatePlaces {
  cwd: string
  packageRoot: string
}

const FOLDER = join('db', 'sql')
const ENDING = '.sql'
/** As many names as a hint can list. */
const LISTED = 8

/**
 * Absolute path of the template that a name stands for: `activities/home`, with or without `.sql`.
 *
 * @throws CruddurError TEMPLATE_NOT_FOUND (exit 2), which lists near ones; TEMPLATE_OUTSIDE (exit 2) for a name, or a symbolic
 *   link, that leads out of `db/sql`
 */
export function findTemplate(name: string, places: TemplatePlaces): string {
  const bare = bareName(name)
  const roots = rootsOf(places)
  for (const root of roots) {
    const path = join(root, ...bare.split('/')) + ENDING
    if (!isThere(path)) continue
    checkInside(path, root, name)
    return path
  }
  throw notFound(bare, roots)
}

/**
 * The error for whoever has named none: it lists what there is.
 *
 * @returns CruddurError USAGE (exit 2)
 */
export function unnamed(places: TemplatePlaces): CruddurError {
  const known = knownIn(rootsOf(places))
  const shown = known.slice(0, LISTED).map(printable).join(', ')
  const more = known.length > LISTED ? ` and ${known.length - LISTED} more` : ''
  return new CruddurError('USAGE', 'no query is named', {
    exit: 2,
    hint: known.length > 0 ? `there are ${shown}${more}` : 'write one: db/sql/NAME.sql',
    data: {templates: known},
  })
}

function knownIn(roots: readonly string[]): string[] {
  return [...new Set(roots.flatMap(namesBelow))].sort()
}

/** The name with `/` between its parts and without its ending. */
function bareName(name: string): string {
  const bare = name.endsWith(ENDING) ? name.slice(0, -ENDING.length) : name
  const parts = bare.split('/')
  const isPlain = parts.every((part) => part !== '' && part !== '.' && part !== '..')
  if (isPlain && !/[\\\0:]/.test(bare)) return bare
  throw outside(`"${printable(name)}" is no name of a template`)
}

function outside(message: string): CruddurError {
  return new CruddurError('TEMPLATE_OUTSIDE', message, {
    exit: 2,
    hint: 'name a file below db/sql, as in activities/home',
  })
}

function rootsOf({cwd, packageRoot}: TemplatePlaces): string[] {
  const nearest = nearestRoot(cwd)
  const own = join(packageRoot, FOLDER)
  return nearest === undefined || nearest === own ? [own] : [nearest, own]
}

function nearestRoot(folder: string): string | undefined {
  const root = join(folder, FOLDER)
  if (existsSync(root)) return root
  const parent = dirname(folder)
  return parent === folder ? undefined : nearestRoot(parent)
}

/** Whatever has that name is taken, a broken link too: reading it tells what is wrong with it. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, {throwIfNoEntry: false}) !== undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES'
  }
}

/** `db/sql` itself may be a link; what lies in it must not lead out. */
function checkInside(path: string, root: string, name: string): void {
  const real = orUndefined(() => realpathSync(path))
  if (real === undefined) return
  const below = relative(realpathSync(root), real)
  if (below !== '..' && !below.startsWith(`..${sep}`) && below !== real) return
  throw outside(`the template "${printable(name)}" is a link that leads out of db/sql`)
}

function orUndefined<T>(fn: () => T): T | undefined {
  try {
    return fn()
  } catch {
    return undefined
  }
}

function notFound(name: string, roots: readonly string[]): CruddurError {
  const known = knownIn(roots)
  const near = nearest(name, known)
  const list = near.map(printable).join(', ')
  const shown = near.length < known.length ? `the nearest are ${list}` : `there are ${list}`
  return new CruddurError('TEMPLATE_NOT_FOUND', `there is no template "${printable(name)}"`, {
    exit: 2,
    hint: near.length > 0 ? shown : `write one: db/sql/${printable(name)}.sql`,
    data: {templates: near},
  })
}

function namesBelow(root: string): string[] {
  const found = orUndefined(() => readdirSync(root, {encoding: 'utf8', recursive: true})) ?? []
  return found
    .filter((path) => path.endsWith(ENDING))
    .map((path) => path.slice(0, -ENDING.length).split(sep).join('/'))
}

/** All where they are few, else the nearest ones: those that hold the word first. */
function nearest(name: string, known: readonly string[]): readonly string[] {
  if (known.length <= LISTED) return known
  const word = name.split('/').at(-1) ?? name
  const far = (other: string): number => {
    const part = closest(word, [other, ...other.split('/')])
    return other.includes(word) ? 0 : Math.min(distance(name, other), distance(word, part) + 1)
  }
  return [...known].sort((a, b) => far(a) - far(b)).slice(0, LISTED)
}
