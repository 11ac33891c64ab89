import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {openSqlFile, type SqlFile} from '../../../src/lib/sql/file.js'
import {unpacked} from '../../../src/lib/sql/gzip.js'
import {type Part, startSession} from '../../../src/lib/sql/part.js'
import {readParts} from '../../../src/lib/sql/read.js'
import {CASES, type Case} from './cases.js'
import {COMMAND_CASES} from './command-cases.js'
import {COPY_CASES, type Step} from './copy-cases.js'
import {diceFrom} from './dice.js'
import {type Files, ROW, readByPsql, type Sent} from './psql.js'
import {isSentAs, piecesOf} from './scanned.js'

const FILE_CASES = [...COPY_CASES, ...COMMAND_CASES]

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cruddur-db-files-'))
})
afterEach(async () => {
  await rm(folder, {recursive: true})
})

/** The files on disk, each read in chunks of this size. */
async function inChunks(files: Files, chunkSize: number): Promise<Map<string, SqlFile>> {
  const all = typeof files === 'string' ? {'main.sql': files} : files
  const opened = new Map<string, SqlFile>()
  for (const [name, text] of Object.entries(all)) {
    const path = join(folder, name)
    await mkdir(dirname(path), {recursive: true})
    await writeFile(path, text)
    const bytes = Buffer.from(text)
    const chunks = async function* () {
      for (let at = 0; at < bytes.length; at += chunkSize) yield bytes.subarray(at, at + chunkSize)
    }
    const read = () => unpacked(chunks(), path)
    opened.set(path, {...(await openSqlFile(path, {cwd: folder})), read})
  }
  return opened
}

async function stepsOf(part: Part): Promise<Step[]> {
  const textOf = ({start, end}: {start: number; end: number}) =>
    'text' in part ? part.text.bytes.toString('utf8', start, end) : ''
  switch (part.kind) {
    case 'batch':
      return part.statements.map(textOf)
    case 'sql':
      return [part.sql.toLowerCase().replace("'utf8'", "'UTF8'")]
    case 'echo':
      return []
    case 'copy': {
      const rows: Buffer[] = []
      for await (const {bytes} of part.rows) rows.push(Buffer.from(bytes))
      return [[textOf(part.statement), Buffer.concat(rows).toString()]]
    }
  }
}

async function readHere(
  files: Files,
  chunkSize: number,
): Promise<{sent: Step[]; echoed: string[]}> {
  const included = await inChunks(files, chunkSize)
  const main = included.get(join(folder, 'main.sql'))
  if (!main) throw new Error('there is no main.sql')
  const options = {transaction: true, database: 'x', cwd: folder, included}
  const sent: Step[] = []
  const echoed: string[] = []
  for await (const part of readParts(main, startSession(true), options)) {
    if (part.kind === 'echo') echoed.push(...part.line.split('\n'))
    sent.push(...(await stepsOf(part)))
  }
  return {sent, echoed}
}

describe.each([1, 7, 64 * 1024])('in chunks of %d bytes', (chunkSize) => {
  const accepted = FILE_CASES.filter(({refused}) => refused === undefined)
  test.each(accepted)('$name: read as psql reads it', async ({files, sent, echoed = []}) => {
    expect(await readHere(files, chunkSize)).toEqual({sent, echoed})
  })

  const refused = FILE_CASES.filter((each) => each.refused !== undefined)
  test.each(refused)('$name: refused', async ({files, refused: code}) => {
    await expect(readHere(files, chunkSize)).rejects.toMatchObject({code})
  })
})

/** The line that ends the rows is sent by psql up to version 17. */
function stepSent({query, rows}: Sent): Step {
  return rows ? [query, rows.toString().replace(/(^|\n)\\\.\r?\n?$/, '$1')] : query
}

/** How what psql sent differs from what is expected; undefined when it does not. */
function wrongStep(steps: readonly Step[], sent: readonly Sent[]): unknown {
  const queries = sent.filter(({query}) => piecesOf(query).statements.length > 0).map(stepSent)
  if (queries.length !== steps.length) return queries
  const at = steps.findIndex((step, index) => !isStep(step, queries[index] ?? ''))
  return at < 0 ? undefined : [queries[at], steps[at]]
}

function isStep(step: Step, sent: Step): boolean {
  if (typeof step === 'string') return typeof sent === 'string' && isSentAs(step, sent)
  return typeof sent !== 'string' && isSentAs(step[0], sent[0]) && step[1] === sent[1]
}

/** Without what the server gave to a COPY … TO stdout. */
function linesOf(output: string): string[] {
  const lines = output.replace(/\n$/, '').split('\n')
  return output === '' ? [] : lines.filter((line) => line !== ROW)
}

test('psql sends and writes the same', async (context) => {
  const outcomes = await readByPsql(FILE_CASES.map(({files}) => files))
  if (!outcomes) return context.skip('psql is not installed')
  for (const [index, {name, sent, echoed = []}] of FILE_CASES.entries()) {
    expect(wrongStep(sent, outcomes[index]?.sent ?? []), name).toBeUndefined()
    expect(linesOf(outcomes[index]?.output ?? ''), name).toEqual(echoed)
  }
})

const fits = ({statements, psqlDiffers}: Case) =>
  psqlDiffers === undefined && !statements.some((statement) => /^(BEGIN|END)/.test(statement))

/**
 * Texts that can follow one another in a file. Not those that are read otherwise, for a reason: \echo
 * ends its line here also with -n, and a CR alone ends a command's line where the file has no LF.
 */
const TEXTS = [
  ...CASES.filter(fits).map(({sql}) => `${sql}\n;\n`),
  ...FILE_CASES.filter(({refused}) => refused === undefined).map(({files}) => files),
].filter((text) => typeof text === 'string' && !/echo -n|^\ufeff|\r(?!\n)|[^\n]$/.test(text))

test('random files made of these cases are read as psql reads them', async (context) => {
  const dice = diceFrom(1)
  const files = Array.from({length: 200}, () => dice.several(2, 12, () => String(dice.pick(TEXTS))))
  const outcomes = await readByPsql(files)
  if (!outcomes) return context.skip('psql is not installed')
  for (const [index, file] of files.entries()) {
    const {sent, output} = outcomes[index] ?? {sent: [], output: ''}
    const here = await readHere(file, dice.pick([1, 7, 100, 64 * 1024]))
    expect(wrongStep(here.sent, sent), JSON.stringify(file)).toBeUndefined()
    expect(here.echoed, JSON.stringify(file)).toEqual(linesOf(output))
  }
})
