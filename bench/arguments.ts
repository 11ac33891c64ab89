import {parseArgs} from 'node:util'
import {CruddurError} from '../src/lib/error.js'
import type {RaceSet, Setting} from './bench.js'

export type Options = Pick<Setting, 'scale' | 'pairs' | 'only' | 'apart'> & {
  sets: readonly string[]
}

const OPTIONS = {
  apart: {type: 'boolean', default: false},
  only: {type: 'string', multiple: true},
  pairs: {type: 'string'},
  scale: {type: 'string'},
} as const

/**
 * Reads `[SET]… [--only RACE]… [--pairs N] [--scale PART] [--apart]`; no SET means all.
 *
 * @throws CruddurError BENCH_USAGE
 */
export function readArguments(
  args: readonly string[],
  known: Readonly<Record<string, RaceSet>>,
): Options {
  const {values, positionals} = parse(args)
  const sets = positionals.length > 0 ? positionals : Object.keys(known)
  checkNames(sets, Object.keys(known))
  const only = new Set(values.only)
  checkNames(
    only,
    sets.flatMap((name) => known[name]?.names ?? []),
  )
  const scale = values.scale === undefined ? 1 : Number(values.scale)
  if (!(scale > 0 && scale <= 1)) throw usage('--scale takes a number above 0, at most 1')
  const pairs = values.pairs === undefined ? undefined : Number(values.pairs)
  if (pairs !== undefined && !(Number.isInteger(pairs) && pairs > 0))
    throw usage('--pairs takes a whole number above 0')
  return {sets, only, scale, pairs, apart: values.apart}
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({args: [...args], options: OPTIONS, allowPositionals: true})
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error))
  }
}

function checkNames(names: Iterable<string>, known: readonly string[]): void {
  for (const name of names)
    if (!known.includes(name))
      throw usage(`no race is called ${name}; there are ${known.join(', ')}`)
}

function usage(message: string): CruddurError {
  const hint =
    'npm run bench -- [start] [setup] [aws] [files] [--only RACE]... [--pairs N] [--scale 0.01] [--apart]'
  return new CruddurError('BENCH_USAGE', message, {exit: 2, hint})
}
