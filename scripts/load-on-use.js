// Changes to CommonJS that was compiled: a module that is asked for at the top is loaded when it is first used.

/** `const ejs_1 = __importDefault(require("ejs"));`, and `var` where it is passed on. */
const IMPORT = /^(?:const|var) (\w+_\d+) = ((?:__import\w+\()?require\("[^"]+"\)\)?);$/gm

/** `exports.Args = __importStar(require("./args"));` */
const PASSED_ON = /^exports\.(\w+) = (__importStar\(require\("[^"]+"\)\));$/gm

/**
 * @param {string} source CommonJS that TypeScript wrote
 * @returns {string} the same with nothing loaded before it is used
 */
export function loadOnUse(source) {
  let moved = source.replaceAll(
    PASSED_ON,
    (_, name, value) =>
      `Object.defineProperty(exports, "${name}", {enumerable: true, get: () => ${value}});`,
  )
  for (const [line, name, value] of moved.matchAll(IMPORT)) {
    moved = moved.replace(line, '').replaceAll(new RegExp(`\\b${name}\\b`, 'g'), `(${value})`)
  }
  return moved
}

/** `var import_node_crypto = require("node:crypto");`, `var import_pg = __toESM(require_lib(), 1);` */
const CONVERTED =
  /^var (import_\w+) = (require\("[^"]+"\)|(?:__toESM|\(0, .+\.__toESM\))\(.+\));\n/m

/** `var import_a = …, import_b = …;` */
const SEVERAL = /^var import_.*, import_\w+ = .*$/gm

/**
 * @param {string} source CommonJS that esbuild made of an ES module, with the names it gives
 * @returns {string} the same with nothing loaded before it is used
 */
export function importOnUse(source) {
  const names = []
  let moved = source.replaceAll(SEVERAL, (line) =>
    line.replaceAll(/, (?=import_\w+ = )/g, ';\nvar '),
  )
  for (let found = CONVERTED.exec(moved); found; found = CONVERTED.exec(moved)) {
    const [line, name = '', value] = found
    names.push(name)
    moved = moved
      .replace(line, '')
      .replaceAll(new RegExp(`\\b${name}\\b`, 'g'), () => `(${name} ??= ${value})`)
  }
  return names.length > 0 ? `${moved}\nvar ${names.join(', ')};\n` : moved
}
