#!/usr/bin/env node
// CommonJS, as what it loads: see scripts/bundle.js.
const {join} = require('node:path')
const {start} = require('../dist/load.js')
start(join(__dirname, '..'))
