import pg from 'pg'
import {printable} from '../../../src/lib/target/text.js'
import type {Fault} from '../fault.js'
import type {Scene} from '../scene.js'
import {misconfigured} from './production-words.js'

const BEHIND: readonly (readonly [string, string])[] = [
  ['a double quote', 'a"b'],
  ['a quote', "a'b"],
  ['SQL', '"; DROP DATABASE x; --'],
  ['a line break', 'a\nb'],
  ['a sequence that clears a terminal', '\x1b[2J'],
  ['a character that turns the writing round', '\u202egpj'],
  ['format directives', '%s%n%1'],
  ['a command of a shell', '$(touch pwned)`touch pwned`'],
  ['what looks like an option', ' --force -rf'],
  ['a path', '/../../etc'],
  ['a backslash', '\\\\'],
  ['letters of other scripts', 'ünï-数据-🐘'],
  ['capitals', 'ABC'],
]

/** The scene's database with something behind its name, which is created. */
const beside =
  (suffix: string, sql = '') =>
  async (scene: Scene): Promise<undefined> => {
    const name = scene.fill(`{database}${suffix}`)
    const url = new URL(scene.fill('{url}'))
    url.pathname = `/${encodeURIComponent(name).replaceAll("'", '%27')}`
    scene.say('url', url.href)
    scene.say('name', name)
    scene.say('shown', printable(name))
    await scene.look()
    await scene.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE template0`, 'postgres')
    if (sql) await scene.query(sql, name)
    return undefined
  }

const onlyThat = {target: 'local', database: '{shown}'} as const

const DROPS: readonly Fault[] = BEHIND.map(([what, suffix]) => ({
  name: `a name holds ${what}: drop`,
  arrange: beside(suffix),
  args: ['drop'],
  sees: {...onlyThat, exit: 0, stderr: '', stdout: 'dropped the database "{shown}"\n'},
  forms: ['words'],
}))

/** Of these a setup makes further names, comments and comparisons. */
const SETUPS: readonly Fault[] = BEHIND.slice(0, 6).map(([what, suffix]) => ({
  name: `a name holds ${what}: setup`,
  arrange: beside(suffix),
  args: ['setup', '--force', '--no-seed'],
  sees: {
    ...onlyThat,
    exit: 0,
    stderr: '✔ create … ms\n✔ schema … ms\n✔ migrate … ms\n✔ swap … ms\n✔ drop-previous … ms\n',
    stdout: 'the database "{shown}" is ready\n',
  },
  changes: ['{name}'],
  forms: ['words'],
}))

const LENGTHS: readonly Fault[] = [
  {
    name: 'a name has all 63 bytes that PostgreSQL takes: setup',
    arrange: beside('é'.repeat(19)),
    args: ['setup', '--keep-previous'],
    sees: {
      ...onlyThat,
      exit: 0,
      stderr: '✔ create … ms\n✔ schema … ms\n✔ seed … ms\n✔ migrate … ms\n✔ swap … ms\n',
      stdout: 'the database "{shown}" is ready; the previous one is now "{database}…"\n',
    },
    changes: ['{name}'],
    leaves: [/^é+_[0-9a-f]{8}_\d{8}_\d{6}$/],
    forms: ['words'],
  },
  {
    name: 'a name has 64 bytes, which PostgreSQL would cut without a word',
    args: ['drop', '--url', `postgres://{login}@{host}/{database}${'x'.repeat(39)}`],
    sees: misconfigured(
      'Error: --url: the database name has 64 bytes: shorten it to the 63 that PostgreSQL takes\n',
    ),
  },
  {
    name: 'a name holds a byte of zero',
    args: ['drop', '--url', '{url}%00'],
    sees: misconfigured(
      'Error: --url: the database name holds %00, which PostgreSQL cannot store\n',
    ),
  },
]

export const nameFaults = {title: 'Names', faults: [...DROPS, ...SETUPS, ...LENGTHS]}
