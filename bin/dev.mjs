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
// The manifest names what was built.
const plugin = new Plugin({ignoreManifest: true, isRoot: true, pjson, root})
await plugin.load()
await main(root, {plugins: new Map([[plugin.name, plugin]])})
