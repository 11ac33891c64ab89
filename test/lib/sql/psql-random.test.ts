import {env} from 'node:process'
import {expect, test} from 'vitest'
import {diceFrom} from './dice.js'
import {sentByPsql} from './psql.js'
import {randomFile} from './random-sql.js'
import {difference, isGap, piecesOf, stopsOf} from './scanned.js'

/** Other files, or more of them: CRUDDUR_RANDOM_SEED=7 CRUDDUR_RANDOM_FILES=20000 */
const SEED = Number(env['CRUDDUR_RANDOM_SEED'] ?? 1)
const COUNT = Number(env['CRUDDUR_RANDOM_FILES'] ?? 1500)
/** More would not fit into a command line. */
const PER_PSQL = 500

function randomFiles(count: number, seed: number): string[] {
  const dice = diceFrom(seed)
  const files: string[] = []
  while (files.length < count) {
    const file = randomFile(dice)
    if (!READ_APART.test(file) && !hasCommand(file)) files.push(file)
  }
  return files
}

/**
 * What the scanner reads otherwise than psql, in text that PostgreSQL (15 and later) takes for an
 * error: `1e--` (to psql no comment), a routine's CREATE behind `U&` (to psql no word before it) and
 * E'…' behind a dot that the number before it cannot have: `$1.`, `1e5.`, `1.5.` (to the scanner no
 * E'…').
 */
const READ_APART = /[\d.]e--|u&.*create|(?:\$\d+|e[-+]?\d+|\.\d*)\.e'/is

/** A backslash outside of quotes. */
function hasCommand(file: string): boolean {
  return stopsOf(Buffer.from(file), 64 * 1024).some(({kind}) => kind === 'backslash')
}

const FILES = randomFiles(COUNT, SEED)

test(`random files (seed ${SEED}) are cut the same in chunks of any size`, () => {
  for (const file of FILES) {
    const whole = piecesOf(file)
    for (const size of [1, 7]) expect(piecesOf(file, size), JSON.stringify(file)).toEqual(whole)
  }
})

test(`random files (seed ${SEED}): but blanks, comments and semicolons between the statements`, () => {
  for (const file of FILES) {
    const {statements, gaps, rest, unclosed} = piecesOf(file)
    const between = unclosed ? gaps : [...gaps, rest]
    expect(
      between.filter((gap) => !isGap(gap)),
      JSON.stringify(file),
    ).toEqual([])
    expect(statements.filter(isGap), JSON.stringify(file)).toEqual([])
  }
})

test(`random files (seed ${SEED}) are cut as psql cuts them`, {
  timeout: 600_000,
}, async (context) => {
  for (let from = 0; from < FILES.length; from += PER_PSQL) {
    const files = FILES.slice(from, from + PER_PSQL)
    const sent = await sentByPsql(files)
    if (!sent) return context.skip('psql is not installed')
    for (const [index, file] of files.entries()) {
      const queries = (sent[index] ?? []).map(({query}) => query)
      expect(difference(file, queries), JSON.stringify(file)).toBeUndefined()
    }
  }
})
