// A step of the bundle: packages that a library asks for at its top are loaded when they are first used.
import {readFileSync} from 'node:fs'

/** TypeScript's `const ejs_1 = __importDefault(require("ejs"));`; modules of the library itself stay where they are. */
const IMPORT = /^const (\w+_\d+) = ((?:__import\w+\()?require\("[^."][^"]*"\)\)?);$/gm

/**
 * @param {RegExp} files CommonJS that TypeScript wrote
 * @returns {import('esbuild').Plugin}
 */
export function loadOnUse(files) {
  return {
    name: 'load-on-use',
    setup({onLoad}) {
      onLoad({filter: files}, ({path}) => {
        if (!path.endsWith('.js')) return undefined
        return {contents: movedImports(readFileSync(path, 'utf8')), loader: 'js'}
      })
    },
  }
}

/** @param {string} source */
function movedImports(source) {
  let moved = source
  for (const [line, name, value] of source.matchAll(IMPORT)) {
    moved = moved.replace(line, '').replaceAll(new RegExp(`\\b${name}\\b`, 'g'), `(${value})`)
  }
  return moved
}
