// Builds dist/ from nothing, then writes the manifest oclif reads instead of loading every command.
import {execFileSync} from 'node:child_process'
import {existsSync, rmSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {bundle} from './bundle.js'
import {writeLibrary} from './library.js'
import {writeNotices} from './notices.js'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
rmSync('dist', {force: true, recursive: true})
rmSync('oclif.manifest.json', {force: true})

writeNotices(await bundle())
writeLibrary()

// oclif would look for a newer version of itself on the network.
const env = {...process.env, OCLIF_SKIP_NEW_VERSION_CHECK: 'true'}
execFileSync(process.execPath, ['node_modules/oclif/bin/run.js', 'manifest'], {
  env,
  stdio: ['ignore', 'ignore', 'inherit'],
})
if (!existsSync('oclif.manifest.json')) throw new Error('oclif wrote no manifest')
