import {rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {readMigrations} from '../../../src/lib/migrations/folder.js'
import {createHistory} from '../../../src/lib/migrations/history.js'
import {markApplied} from '../../../src/lib/migrations/record.js'
import type {Scene} from '../scene.js'

/** Migrations, by their names: text behind `-- migrate:up`, or the whole file where it begins with a comment. */
export function migrations(texts: Record<string, string>): Record<string, string> {
  const files = Object.entries(texts).map(([name, text]) => [
    pathOf(name),
    text.startsWith('--') ? text : `-- migrate:up\n${text}\n`,
  ])
  return Object.fromEntries(files)
}

export const pathOf = (name: string): string => `db/migrations/${name}.sql`

/** The first one, which has run before anything goes wrong: the table of what has run is there already. */
export const ONE = {
  '0001_one': '-- migrate:up\nCREATE TABLE one (n int);\n-- migrate:down\nDROP TABLE one;\n',
}

/** The first and another one. */
export const withTwo = (text: string): Record<string, string> =>
  migrations({...ONE, '0002_two': text})

/** Has them run before, up to a number: the first one unless told. */
export function migrated(last = 1n) {
  return async (scene: Scene): Promise<undefined> => {
    const session = await scene.hold()
    await createHistory(session)
    await session.end()
    await runUpTo(last, 0n, scene)
  }
}

/** Has somebody else run the second one, once the first one has run. */
export const secondRun = (scene: Scene): Promise<void> => runUpTo(2n, 1n, scene)

async function runUpTo(last: bigint, done: bigint, {folder, query}: Scene): Promise<void> {
  const {migrations} = await readMigrations({cwd: folder, packageRoot: folder})
  for (const migration of migrations.filter(({version}) => version > done && version <= last))
    await query(`${migration.up.sql}\n${markApplied(migration)}`)
}

/** Has all run, and then another text, or none, in the place of a migration. */
export function rewritten(name: string, text: string | undefined) {
  return async (scene: Scene): Promise<undefined> => {
    await migrated(2n)(scene)
    const path = join(scene.folder, pathOf(name))
    if (text === undefined) rmSync(path)
    else writeFileSync(path, text)
    return undefined
  }
}

/** Has several things be so. */
export function all(...acts: ((scene: Scene) => Promise<undefined>)[]) {
  return async (scene: Scene): Promise<undefined> => {
    for (const act of acts) await act(scene)
    return undefined
  }
}
