#!/usr/bin/env node
import {fileURLToPath} from 'node:url'
import {execute} from '@oclif/core'
import {createLogger} from '../dist/lib/cli/logger.js'

const root = fileURLToPath(new URL('..', import.meta.url))
await execute({loadOptions: {logger: createLogger(), root}})
