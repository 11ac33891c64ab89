#!/usr/bin/env -S npx tsx
import {fileURLToPath} from 'node:url'
import {execute} from '@oclif/core'
import {createLogger} from '../src/lib/cli/logger.js'

const root = fileURLToPath(new URL('..', import.meta.url))
await execute({development: true, loadOptions: {logger: createLogger(), root}})
