import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, expect} from 'vitest'
import {openScreen, type Screen} from './screen.js'
import {closeSharedGate, type SharedGate} from './shared-gate.js'
import {openStage, type Stage} from './stage.js'

/** `12 ms` */
export const MS = '\\d+ ms'
/** A statement that makes the server say `NOTICE: from the server`. */
export const NOTICE = "DO $$BEGIN RAISE NOTICE 'from the server'; END$$;\n"

export interface SetupScreens {
  folder: string
  stage: Stage
  /** Closed when a test begins. */
  gate: SharedGate
  /** The last line of a setup. */
  ready: string
  /** Writes `schema.sql` and `seed.sql`, and starts a setup with them in a terminal. */
  open: (
    files: {schema?: string; seed?: string},
    options?: {columns?: number; rows?: number; env?: Record<string, string>; args?: string[]},
  ) => Screen
}

/** Setups on terminals, for the tests of a file: a database, a folder and a gate for each. */
export function setupScreens(): SetupScreens {
  const context = {
    open(files, {args = [], env, ...size} = {}) {
      const {folder, stage} = context
      const {schema = 'CREATE TABLE t (n int);', seed = 'SELECT 1;'} = files
      writeFileSync(join(folder, 'schema.sql'), `${schema}\n`)
      writeFileSync(join(folder, 'seed.sql'), `${seed}\n`)
      const flags = ['--schema-file', 'schema.sql', '--seed-file', 'seed.sql', ...args]
      return openScreen(['setup', ...flags], {
        ...size,
        cwd: folder,
        env: {CONNECTION_URL: stage.url, ...env},
      })
    },
  } as SetupScreens
  beforeAll(() => {
    context.folder = mkdtempSync(join(tmpdir(), 'cruddur-db-steps-'))
  })
  afterAll(() => rmSync(context.folder, {recursive: true, force: true}))
  beforeEach(async () => {
    context.stage = await openStage(context.folder)
    context.gate = await closeSharedGate()
    context.ready = `the database "${context.stage.database}" is ready`
  })
  afterEach(async () => {
    await context.gate.open()
    await context.stage.close()
  })
  return context
}

/** All that is shown below the target's line, each line as a pattern. */
export function expectLines(screen: Screen, patterns: readonly string[]): void {
  const lines = screen.lines()
  const rest = lines.slice(lines.findIndex((line) => /^[✔✖…·]/.test(line)))
  expect(rest).toEqual(
    [...patterns, ''].map((line) => expect.stringMatching(new RegExp(`^${line}$`))),
  )
}
