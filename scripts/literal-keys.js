// A step of the bundle: lets esbuild leave out what of an AWS service we do not call.
import {readFileSync} from 'node:fs'

/** `"__proto__"` is an object's prototype where it is written as a key. */
const STRING = /^const (\w+) = ("(?!__proto__")[^"\\]*");$/gm

/** Strings, templates and comments, which are passed over; or a computed key of an object. */
const TEXT_OR_KEY =
  /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|\/\/.*|\/\*[\s\S]*?\*\/|\[(?<=[{,]\s*\[)(\w+)\]:/g

/**
 * The SDK describes every shape of a service in one file, as `{[_xN]: …}` with `const _xN = "xmlName"`. A computed key could
 * have effects, so esbuild keeps them all: 554 KB of EC2, of which 14 are used. With `{"xmlName": …}` it knows better.
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
        const contents = source.replaceAll(TEXT_OR_KEY, (text, name) =>
          strings.has(name) ? `${strings.get(name)}:` : text,
        )
        return {contents, loader: 'js'}
      })
    },
  }
}
