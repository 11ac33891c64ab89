import {join} from 'node:path'
import {readMigration} from '../../../src/lib/migrations/file.js'
import type {Migration, Part} from '../../../src/lib/migrations/migration.js'
import {type Content, testFolder, writeFiles} from '../sql/support.js'

/** The migration whose file holds this, in a folder of the test's own. */
export async function migrationOf(content: Content): Promise<Migration> {
  const cwd = await testFolder()
  await writeFiles(cwd, {'0001_x.sql': content})
  const file = {path: join(cwd, '0001_x.sql'), version: 1n, name: 'x', digits: 4}
  return await readMigration(file, {cwd})
}

/** All that a part's file gives to whoever reads it. */
export async function contentOf({file}: Part): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of file.read()) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}

/** A file's content of these lines. */
export function lines(...all: string[]): string {
  return all.map((line) => `${line}\n`).join('')
}
