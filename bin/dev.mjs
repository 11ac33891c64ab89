#!/usr/bin/env -S npx tsx
import {readFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {Plugin, settings} from '@oclif/core'
import {main} from '../src/lib/cli/main.js'

process.env['NODE_ENV'] = 'development'
settings.debug = true
settings.enableAutoTranspile = false

const root = fileURLToPath(new URL('..', import.meta.url))
const pjson = JSON.parse(
  readFileSync(`${root}/package.json`, 'utf8').replaceAll('./dist/', './src/'),
)
// The manifest names what was built, these plugins' commands among it.
const plugins = [
  new Plugin({ignoreManifest: true, isRoot: true, pjson, root}),
  new Plugin({name: '@oclif/plugin-help', root}),
  new Plugin({name: '@oclif/plugin-autocomplete', root}),
]
for (const plugin of plugins) await plugin.load()
await main(root, {plugins: new Map(plugins.map((plugin) => [plugin.name, plugin]))})
