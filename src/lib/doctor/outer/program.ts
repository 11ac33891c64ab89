import {readFileSync, statSync} from 'node:fs'
import {readdir, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {shellWord} from '../../target/text.js'
import type {Check, Finding} from '../check.js'
import type {Facts} from '../facts.js'
import {dayOf} from '../words.js'

/**
 * The day on which a major version of Node gets its last fix (nodejs/Release, schedule.json, as of 2025-10). Odd ones live for
 * half a year.
 */
const END_OF_LIFE: Readonly<Record<number, string>> = {
  18: '2025-04-30',
  19: '2023-06-01',
  20: '2026-04-30',
  21: '2024-06-01',
  22: '2027-04-30',
  23: '2025-06-01',
  24: '2028-04-30',
  25: '2026-06-01',
  26: '2029-04-30',
}

const numbers = (version: string): number[] => version.split('.').map((part) => Number(part))

function isOlder(one: string, other: string): boolean {
  const [ours, theirs] = [numbers(one), numbers(other)]
  const at = theirs.findIndex((number, index) => number !== (ours[index] ?? 0))
  return at !== -1 && (ours[at] ?? 0) < (theirs[at] ?? 0)
}

/** An even version becomes one for long use (LTS) half a year after its release, 30 months before its end. */
const LTS_YEARS = 2.5

/** The newest version for long use on that day. */
function recommended(today: string): number {
  const limit = Date.parse(today) + LTS_YEARS * 365.25 * 86_400_000
  const known = Object.entries(END_OF_LIFE).map(([major, end]) => [Number(major), end] as const)
  const long = known.filter(([major, end]) => major % 2 === 0 && Date.parse(end) <= limit)
  return Math.max(...long.map(([major]) => major))
}

/**
 * @param version of Node, as 20.19.0
 * @param least the oldest one this program runs with
 * @param today as 2026-01-31
 */
export function judgeNode(version: string, least: string, today: string): Finding {
  const major = Number.parseInt(version, 10)
  const end = END_OF_LIFE[major]
  const fix = `install Node.js ${recommended(today)} (https://nodejs.org)`
  if (isOlder(version, least)) {
    return {status: 'fail', message: `Node.js ${version} is too old: ${least} is the least`, fix}
  }
  if (end !== undefined && end <= today) {
    const message = `Node.js ${version} has had no security fixes since ${end}`
    return {status: 'warn', message, fix}
  }
  const until = end === undefined ? '' : `, which is maintained until ${end}`
  return {status: 'ok', message: `Node.js ${version}${until}`}
}

interface Package {
  version: string
  engines: {node: string}
}

function readPackage(root: string): Package {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
}

const node: Check<Facts> = {
  name: 'node',
  layer: 'program',
  run: async ({packageRoot}) => {
    const least = readPackage(packageRoot).engines.node.replace(/^>=/, '')
    return judgeNode(process.versions.node, least, dayOf(new Date()))
  },
}

const ENTRY = join('dist', 'main.js')
const PARTS = [ENTRY, join('db', 'schema.sql'), join('db', 'seed.sql'), 'oclif.manifest.json']

/** The newest file of a folder, in milliseconds since the epoch; undefined when there is no folder. */
async function newestIn(folder: string): Promise<{path: string; at: number} | undefined> {
  const names = await readdir(folder, {recursive: true}).catch(() => [])
  const files = names.filter((name) => name.endsWith('.ts')).map((name) => join(folder, name))
  // Emacs has links that lead nowhere beside files that are being edited.
  const at = (path: string): Promise<number> =>
    stat(path).then(
      ({mtimeMs}) => mtimeMs,
      () => 0,
    )
  const times = await Promise.all(files.map(async (path) => ({path, at: await at(path)})))
  return times.reduce<(typeof times)[number] | undefined>(
    (latest, one) => (latest && latest.at >= one.at ? latest : one),
    undefined,
  )
}

/** Only a checkout has `src`: there what runs may be older than what was written. */
async function staleness(root: string): Promise<Finding | undefined> {
  const source = await newestIn(join(root, 'src'))
  const built = statSync(join(root, ENTRY)).mtimeMs
  if (!source || source.at <= built) return undefined
  return {
    status: 'warn',
    message: `what runs is older than its source: ${source.path} was changed after the build`,
    fix: `cd ${shellWord(root)} && npm run build`,
  }
}

const installation: Check<Facts> = {
  name: 'package',
  layer: 'program',
  run: async ({packageRoot}) => {
    const missing = PARTS.filter(
      (part) => !statSync(join(packageRoot, part), {throwIfNoEntry: false}),
    )
    if (missing.length > 0) {
      const message = `${packageRoot} is not complete: ${missing.join(', ')} is missing`
      return {status: 'fail', message, fix: 'install cruddur-db anew: npm ci'}
    }
    const {version} = readPackage(packageRoot)
    const ok: Finding = {status: 'ok', message: `cruddur-db ${version} in ${packageRoot}`}
    return (await staleness(packageRoot)) ?? ok
  },
}

export const programChecks: readonly Check<Facts>[] = [node, installation]
