import pg from 'pg'
import {identifier} from '../databases.js'
import type {Change} from './change.js'
import type {Setting} from './properties.js'

/** The parameters whose value the server keeps as a quoted list: variable_is_guc_list_quote in pg_dump's dumputils.c. */
const QUOTED_LISTS = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
])
/** Those of them that are names and not files: without quotes they are read in lower case. */
const NAME_LISTS = new Set(['search_path', 'temp_tablespaces'])

/** One element, in quotes or not, with the blanks around it and the comma behind it. */
const ELEMENT = /\s*(?:"((?:[^"]|"")*)"|([^\s",][^,]*?))\s*(,|$)/gy

function lowerCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

/** The elements of a quoted list, as SplitGUCList in dumputils.c reads it; undefined when it is none. */
function listElements(name: string, value: string): string[] | undefined {
  const found = [...value.matchAll(ELEMENT)]
  if (found.map(([whole]) => whole).join('') !== value || found.at(-1)?.[3] !== '') return undefined
  return found.map(([, quoted, plain = '']) => {
    if (quoted !== undefined) return quoted.replaceAll('""', '"')
    return NAME_LISTS.has(name) ? lowerCase(plain) : plain
  })
}

/** `app.user` as SQL, each part in quotes: taken together they may be longer than a name can be. */
function parameter(name: string): string {
  return name.split('.').map(identifier).join('.')
}

function scope({role}: Setting, database: string): string {
  const name = identifier(database)
  return role === null
    ? `ALTER DATABASE ${name}`
    : `ALTER ROLE ${identifier(role)} IN DATABASE ${name}`
}

/** No value of SET gives a list without any element; taking over one that is in force does. */
function setEmptyList(setting: Setting, database: string): string {
  const name = parameter(setting.name)
  return `SELECT set_config(${pg.escapeLiteral(setting.name)}, '', true); \
${scope(setting, database)} SET ${name} FROM CURRENT`
}

function setStatement(setting: Setting, database: string): string {
  const {name, value} = setting
  if (QUOTED_LISTS.has(name) && value.trim() === '') return setEmptyList(setting, database)
  const elements = (QUOTED_LISTS.has(name) && listElements(name, value)) || [value]
  const values = elements.map((element) => pg.escapeLiteral(element).trim()).join(', ')
  return `${scope(setting, database)} SET ${parameter(name)} TO ${values}`
}

function words({name, role}: Setting): string {
  return role === null ? `setting "${name}"` : `setting "${name}" of the role "${role}"`
}

/** The statement that takes a setting off a database. */
function resetStatement(setting: Setting, database: string): string {
  return `${scope(setting, database)} RESET ${parameter(setting.name)}`
}

const key = ({role, name}: Setting): string => JSON.stringify([role, name])

/** What gives `database`, which has the settings `from`, the settings `to`; others it has stay. */
export function settingChanges(from: Setting[], to: Setting[], database: string): Change[] {
  const had = new Map(from.map((setting) => [key(setting), setting.value]))
  const wanted = new Set(to.map(key))
  const change = (setting: Setting, sql: string): Change => ({
    sql,
    property: words(setting),
    undo: (old) => resetStatement(setting, old),
    // RESET refuses a name it does not know, whoever asks (15.18, 18.4); so does RESET ALL but for a superuser.
    undoUnknown: (old) => `${scope(setting, old)} RESET ALL`,
  })
  return [
    ...from
      .filter((setting) => !wanted.has(key(setting)))
      .map((setting) => change(setting, resetStatement(setting, database))),
    ...to
      .filter((setting) => had.get(key(setting)) !== setting.value)
      .map((setting) => change(setting, setStatement(setting, database))),
  ]
}
