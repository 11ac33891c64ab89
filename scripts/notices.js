// Collects the licences of what is in a bundle, which they ask to be passed on.
import {readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

const PACKAGE = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/
const LICENCE_FILE = /^(?:licen[cs]e|copying|notice)/i
/** The section of a README, in packages that have their licence only there. */
const LICENCE_SECTION = /^#+ *licen[cs]e\s+([^#]+)/im

/** The name of the file that they are passed on in. */
export const NOTICES = 'THIRD-PARTY-NOTICES'

/** @param {string[]} files those in the bundle, as paths from the project's folder */
export function writeNotices(files) {
  writeFileSync(`dist/${NOTICES}`, noticesOf(files))
}

/**
 * @param {string[]} files those in the bundle, as paths from the project's folder
 * @returns {string} the licences of the packages that they are of
 */
export function noticesOf(files) {
  const folders = [...new Set(files.flatMap((file) => PACKAGE.exec(file)?.[0] ?? []))]
  const notices = folders
    .map((folder) => notice(folder, folders))
    .sort((a, b) => a.localeCompare(b, 'en'))
  return [...new Set(notices)].join(`\n${'-'.repeat(80)}\n\n`)
}

/** @param {string} folder @param {string[]} folders those of all packages in the bundle */
function notice(folder, folders) {
  const {author, license, name, version} = manifestOf(folder)
  const text = licenceOf(folder) ?? licenceOfRepository(folder, folders)
  if (!text) throw new Error(`the licence of ${name} ${version} is not in ${folder}`)
  const by = author?.name ?? author
  const heading = [`${name} ${version}`, license, by && `by ${by}`].filter(Boolean).join(', ')
  return `${heading}\n\n${text}\n`
}

/** @param {string} folder */
function licenceOf(folder) {
  const names = readdirSync(folder)
  const own = names.filter((name) => LICENCE_FILE.test(name)).map((name) => textOf(folder, name))
  if (own.length > 0) return own.join('\n\n')
  const readme = names.find((name) => /^readme/i.test(name))
  return readme && LICENCE_SECTION.exec(textOf(folder, readme))?.[1]?.trim()
}

/** Some packages of a repository come without the licence that the others carry. @param {string} folder @param {string[]} folders */
function licenceOfRepository(folder, folders) {
  const {license, repository} = manifestOf(folder)
  const sibling = folders.find((other) => {
    const manifest = manifestOf(other)
    const same = manifest.license === license && manifest.repository?.url === repository?.url
    return same && licenceOf(other)
  })
  return sibling && licenceOf(sibling)
}

/** @param {string} folder */
function manifestOf(folder) {
  return JSON.parse(textOf(folder, 'package.json'))
}

/** @param {string} folder @param {string} name */
function textOf(folder, name) {
  return readFileSync(join(folder, name), 'utf8').replaceAll('\r', '').trim()
}
