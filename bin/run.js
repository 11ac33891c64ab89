#!/usr/bin/env node
// CommonJS, as what it loads: see scripts/bundle.js.
const {enableCompileCache} = require('node:module')
const {join} = require('node:path')

// From Node 22.1 on; Node's own choice would be the temporary folder, where others may write.
const {HOME, LOCALAPPDATA, XDG_CACHE_HOME} = process.env
const cache = XDG_CACHE_HOME || LOCALAPPDATA || (HOME && join(HOME, '.cache'))
if (cache) enableCompileCache?.(join(cache, 'cruddur-db', 'compiled'))

const {main} = require('../dist/main.js')
main(join(__dirname, '..'))
