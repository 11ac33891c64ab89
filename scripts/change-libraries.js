// A step of the bundle: libraries are changed where they do at every start what this program never needs.
import {createHash} from 'node:crypto'
import {readFileSync} from 'node:fs'

/**
 * @typedef {object} Change
 * @property {RegExp} file the files it is for, by their paths with slashes
 * @property {(source: string) => string} edit
 */

/**
 * The text in `file` that `to` takes the place of. It is there once, or the build fails: another version of the library
 * has to be looked at again.
 *
 * @param {RegExp} file @param {string} from @param {string} to
 * @returns {Change}
 */
export function replace(file, from, to) {
  return {
    file,
    edit(source) {
      const parts = source.split(from)
      if (parts.length !== 2) {
        throw new Error(`${file} holds this ${parts.length - 1} times, not once:\n${from}`)
      }
      return parts.join(to)
    },
  }
}

/**
 * A file of ours in the place of `file`, whose content has to be the one that it was written for.
 *
 * @param {RegExp} file @param {string} sha256 @param {URL} ours
 * @returns {Change}
 */
export function standIn(file, sha256, ours) {
  return {
    file,
    edit(source) {
      const found = createHash('sha256').update(source).digest('hex')
      if (found !== sha256) throw new Error(`${file} has changed, its SHA-256 is ${found}`)
      return readFileSync(ours, 'utf8')
    },
  }
}

/**
 * @param {Change[]} changes one file may have several, made in this order
 * @returns {import('esbuild').Plugin}
 */
export function changeLibraries(changes) {
  return {
    name: 'change-libraries',
    setup({onLoad, onEnd}) {
      const unused = new Set(changes)
      onLoad({filter: /[\\/]node_modules[\\/].*\.c?js$/}, ({path}) => {
        const own = changes.filter(({file}) => file.test(path.replaceAll('\\', '/')))
        if (own.length === 0) return undefined
        let contents = readFileSync(path, 'utf8')
        for (const change of own) {
          contents = change.edit(contents)
          unused.delete(change)
        }
        return {contents, loader: 'js'}
      })
      onEnd(() => {
        for (const {file} of unused) throw new Error(`no file of the bundle is ${file} any more`)
      })
    },
  }
}
