#!/usr/bin/env -S npx tsx
import {main} from '../src/lib/cli/main.js'

await main(import.meta.url, {development: true})
