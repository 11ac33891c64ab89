import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {CruddurError} from '../../../src/lib/error.js'
import {readSqlFile, type SqlFile} from '../../../src/lib/sql/file.js'

/** Runs `fn` in an empty folder of its own, removed afterwards. */
export async function withFolder<T>(fn: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'cruddur-db-sql-'))
  try {
    return await fn(folder)
  } finally {
    await rm(folder, {recursive: true})
  }
}

/** The content read as the file `name` of the working directory. */
export async function fileOf(content: string | Uint8Array, name = 'x.sql'): Promise<SqlFile> {
  return await withFolder(async (folder) => {
    await writeFile(join(folder, name), content)
    return await readSqlFile(name, {cwd: folder})
  })
}

/** What `fn` throws, which has to be an error of ours. */
export async function errorOf(fn: () => unknown): Promise<CruddurError> {
  try {
    await fn()
  } catch (error) {
    if (error instanceof CruddurError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** `file:line:column` of an error. */
export function placeOf({details}: CruddurError): string {
  return `${details.file}:${details.line}:${details.column}`
}
