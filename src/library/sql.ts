import {existsSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {CruddurError} from '../lib/error.js'
import {openSqlFile, sqlInMemory} from '../lib/sql/file.js'
import {readTemplate} from '../lib/template/compile.js'
import {findTemplate} from '../lib/template/find.js'
import type {Template} from '../lib/template/template.js'
import type {Sql} from './types.js'

/** What an {@link Sql} stands for: nothing of it is the user's to look at. */
const compiled = new WeakMap<Sql, Template>()

function sqlOf(template: Template): Sql {
  const sql = {path: template.text.path, parameters: template.parameters}
  compiled.set(sql, template)
  return sql
}

/** Reads a template below `db/sql`; throws as `findTemplate` and `readTemplate`. */
export async function loadSql(path: readonly string[], cwd: string): Promise<Sql> {
  const name = path.join('/')
  const found = findTemplate(name, {cwd, packageRoot: packageRoot()})
  return sqlOf(await readTemplate(await openSqlFile(found, {cwd, pipes: false})))
}

/** The template of what a query was asked with; of a text, that is read as one. */
export async function templateOf(sql: Sql | string): Promise<Template> {
  if (typeof sql === 'string') return await readTemplate(sqlInMemory('<sql>', sql))
  const template = compiled.get(sql)
  if (template) return template
  throw new CruddurError('TEMPLATE_INVALID', 'this is no template that template() gave', {
    hint: 'await what template() gives, or pass the SQL as a text',
  })
}

/** The folder of this package, wherever its built files lie in it: the nearest with templates. */
function packageRoot(): string {
  // The build writes CommonJS, where this is a path.
  const own = import.meta.url
  let folder = dirname(own.startsWith('file:') ? fileURLToPath(own) : own)
  while (!existsSync(join(folder, 'db', 'sql')) && dirname(folder) !== folder)
    folder = dirname(folder)
  return folder
}
