// Writes the command reference into README.md; with --check fails when the one there is stale.
import {execFileSync} from 'node:child_process'
import {copyFileSync, mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
process.chdir(root)
const check = process.argv.includes('--check')
const folder = mkdtempSync(join(tmpdir(), 'cruddur-db-readme-'))
const path = join(folder, 'README.md')

try {
  copyFileSync('README.md', path)
  const oclif = ['node_modules/oclif/bin/run.js', 'readme', '--no-source-links']
  const options = ['--tsconfig-path', 'tsconfig.build.json', '--readme-path', path]
  // oclif would look for a newer version of itself on the network.
  const env = {...process.env, OCLIF_SKIP_NEW_VERSION_CHECK: 'true'}
  execFileSync(process.execPath, [...oclif, ...options], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const stale = readFileSync(path, 'utf8') !== readFileSync('README.md', 'utf8')
  if (stale && check) {
    console.error("README.md: the command reference is stale; write it with 'npm run readme'")
    process.exitCode = 1
  }
  if (!check) copyFileSync(path, 'README.md')
} finally {
  rmSync(folder, {recursive: true, force: true})
}
