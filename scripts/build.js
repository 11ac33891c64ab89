// Compiles src/ to dist/ from nothing, then writes the manifest oclif reads instead of loading every command.
import {execFileSync} from 'node:child_process'
import {existsSync, rmSync} from 'node:fs'
import {fileURLToPath} from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
process.chdir(root)
rmSync('dist', {force: true, recursive: true})
rmSync('oclif.manifest.json', {force: true})

// oclif would look for a newer version of itself on the network.
const env = {...process.env, OCLIF_SKIP_NEW_VERSION_CHECK: 'true'}

/** @param {string} script @param {string[]} args */
function node(script, ...args) {
  execFileSync(process.execPath, [script, ...args], {env, stdio: ['ignore', 'ignore', 'inherit']})
}

node('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json')
node('node_modules/oclif/bin/run.js', 'manifest')
if (!existsSync('oclif.manifest.json')) throw new Error('oclif wrote no manifest')
