// What is changed in the libraries of the bundle, and why.
import {replace, standIn} from './change-libraries.js'
import {loadOnUse} from './load-on-use.js'

/** @param {string} path */
const oclif = (path) => new RegExp(`/@oclif/core/lib/${path}\\.js$`)

/** @param {string} path */
const pg = (path) => new RegExp(`/pg/lib/${path}\\.js$`)

const DESCRIBE = /\/psql-describe\/index\.js$/

/** As loadOnUse leaves it. */
const UTIL_FS = '(0, (require("../util/fs"))'

const STDOUT_LISTENER = `process.stdout.on('error', (err) => {
    if (err && err.code === 'EPIPE')
        return;
    throw err;
});
`

const POOL_FACTORY = `const poolFactory = (Client) => {
  return class BoundPool extends Pool {
    constructor(options) {
      super(options, Client)
    }
  }
}
`

export const CHANGES = [
  {file: /\/@oclif\/core\/lib\/.*\.js$/, edit: loadOnUse},
  // A command would load the configuration that it is given a second time.
  replace(
    oclif('config/config'),
    'static async load(opts = module.filename || __dirname) {',
    'static async load(opts = module.filename || __dirname) { if (opts instanceof Config) return opts;',
  ),
  // Comparing by language loads ICU's tables, 7 ms; the names of commands are plain ASCII.
  replace(
    oclif('config/plugin'),
    '.sort((a, b) => a.id.localeCompare(b.id))',
    '.sort((a, b) => (a.id < b.id ? -1 : 1))',
  ),
  // Small files, of which one after the other is waited for: a promise of a file costs more than the file.
  replace(
    oclif('util/fs'),
    'await (0, (require("node:fs/promises")).readFile)(path, \'utf8\')',
    '(0, (require("node:fs")).readFileSync)(path, \'utf8\')',
  ),
  // All but this one word of it is for starting programs of Windows.
  replace(
    oclif('util/os'),
    "(await import('wsl-utils')).isWsl ?",
    "(await import('is-wsl')).default ?",
  ),
  // That a file is not there is told with less effort than by an error.
  replace(
    oclif('config/config'),
    `${UTIL_FS}.safeReadJson)(userThemeFile),`,
    `${UTIL_FS}.existsSync)(userThemeFile) && ${UTIL_FS}.safeReadJson)(userThemeFile),`,
  ),
  // src/lib/cli/main.ts listens instead.
  replace(oclif('command'), STDOUT_LISTENER, ''),
  // Node 20 has no `navigator`, and a `Response`, made to see whether this is Cloudflare, loads all of undici.
  replace(pg('stream'), 'if (isCloudflareRuntime()) {', 'if (false) {'),
  // No pool of connections, and none by libpq.
  replace(pg('index'), "const Pool = require('pg-pool')\n", ''),
  replace(pg('index'), POOL_FACTORY, ''),
  replace(pg('index'), '  this.Pool = poolFactory(this.Client)\n', ''),
  replace(pg('index'), 'if (forceNative) {', 'if (false) {'),
  replace(pg('index'), "native = new PG(require('./native'))", ''),
  // For a connection string of libpq only.
  replace(pg('connection-parameters'), "const dns = require('dns')\n", ''),
  replace(pg('connection-parameters'), '    dns.lookup(', "    require('dns').lookup("),
  // Of \dtv it lists the tables only: psql passes all letters behind the first (command.c, `&cmd[1]`).
  replace(DESCRIBE, 'await nn(t[1],', 'await nn(t.slice(1),'),
  // A ' in "…" opens nothing; taken for one that does, \d "it's" lists all there is. What stands in `…` is taken as it is:
  // see `describeCommand`.
  replace(
    DESCRIBE,
    'if(Ia(x))x===B[B.length-1]?',
    'if((Ia(x)||x==="`")&&B.length>0&&x!==B[0])$+=x;else if(Ia(x)||x==="`")x===B[B.length-1]?',
  ),
  // A \' is no quote in a '…' as SQL has it: \sf x'; DROP TABLE users; -- would be obeyed.
  replace(DESCRIBE, `/['\\\\]/g,"\\\\$&")`, `/['\\\\]/g,"$&$&")`),
  standIn(
    pg('crypto/utils'),
    'a849cfe22d7590d79ddee76c8d7a058e2b67360a0d76683275d34133e5637117',
    new URL('pg-crypto.js', import.meta.url),
  ),
]
