import {cutShort, type Environment} from './environment.js'
import {type Hosts, readHosts} from './hosts.js'
import {type Settings, settingsOf} from './settings.js'
import {readUrl} from './url.js'

/** Where a URL came from: a variable's name or `--url`, and its text. */
export interface Source {
  label: string
  text: string
}

/** What a URL says about where its database is; complete when there is no problem. */
interface ServerReading {
  hosts: Hosts | undefined
  database: string | undefined
  settings: Settings
  /** Each a whole line, beginning with the variable or flag at fault. */
  problems: string[]
}

/** NAMEDATALEN - 1 of PostgreSQL: it would cut a longer name without a word, and so act on another database. */
export const NAME_BYTES = 63

/** @param part what the name is, with where it was read */
export function nameProblems(part: string, name: string | undefined): string[] {
  const bytes = Buffer.byteLength(name ?? '')
  if (bytes <= NAME_BYTES) return []
  return [`${part} has ${bytes} bytes: shorten it to the ${NAME_BYTES} that PostgreSQL takes`]
}

/** Reads a URL as far as the place of its database goes, with libpq's variables behind it. */
export function readServer({label, text}: Source, env: Environment): ServerReading {
  const place = env[cutShort]?.get(label)
  if (place !== undefined) {
    const problem = `${label}: a "#" in ${place} ends the value there: write %23, or a blank before a comment`
    const settings = settingsOf(label, new Map(), env)
    return {hosts: undefined, database: undefined, settings, problems: [problem]}
  }
  const url = readUrl(text)
  const settings = settingsOf(label, url.values, env)
  const {hosts, problems} = readHosts(settings)
  const database = settings.get('dbname')
  return {
    hosts,
    database,
    settings,
    problems: [
      ...url.problems.map((problem) => `${label}: ${problem}`),
      ...problems,
      ...nameProblems(settings.at('dbname'), database),
    ],
  }
}
