// A step of the bundle: lets esbuild leave out what of an AWS service we do not call.
import {readFileSync} from 'node:fs'

const STRING = /^const (\w+) = ("[^"\\]*");$/gm
const COMPUTED_KEY = /\[(\w+)\]:/g

/**
 * The SDK describes every shape of a service in one file, as `{[_xN]: …}` with `const _xN = "xmlName"`. A computed key could
 * have effects, so esbuild keeps them all, which is half of the code of EC2; with `{"xmlName": …}` it knows better.
 *
 * @param {RegExp} files ES modules
 * @returns {import('esbuild').Plugin}
 */
export function literalKeys(files) {
  return {
    name: 'literal-keys',
    setup({onLoad}) {
      onLoad({filter: files}, ({path}) => {
        const source = readFileSync(path, 'utf8')
        const strings = new Map(
          Array.from(source.matchAll(STRING), ([, name, text]) => [name, text]),
        )
        const contents = source.replaceAll(COMPUTED_KEY, (key, name) =>
          strings.has(name) ? `${strings.get(name)}:` : key,
        )
        return {contents, loader: 'js'}
      })
    },
  }
}
