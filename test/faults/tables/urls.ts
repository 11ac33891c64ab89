import type {Fault} from '../fault.js'
import {misconfigured} from './production-words.js'

/** URLs that are not what was meant. */
const URLS: readonly Fault[] = (
  [
    ['has quotes around it', '"{url}"', 'the value has quotes around it: remove them'],
    [
      'has a blank before it',
      ' {url}',
      'the value has blanks or invisible characters around it: remove them',
    ],
    ['is empty', '', 'the value is empty'],
    ['names no database', 'postgres://{login}@{host}', '…'],
    ['has no scheme', '{host}/{database}', 'the value has no scheme: begin it with postgres://'],
    [
      'has a raw # in the password',
      'postgres://me:to#be@{host}/{database}',
      'the password holds "#": write %23',
    ],
    [
      'has a raw / in the password',
      'postgres://me:to/be@{host}/{database}',
      'the password holds "/": write %2F',
    ],
    [
      'has a placeholder in it',
      'postgres://me:<password>@{host}/{database}',
      'the password holds a placeholder: …',
    ],
    [
      'names two ports',
      'postgres://me@{host}/{database}?port=1',
      'the port is given twice with different values: keep one',
    ],
  ] as const
).map(([name, url, problem]) => ({
  name: `the URL ${name}`,
  args: ['drop', '--url', url],
  sees: misconfigured(`Error: --url: ${problem}\n⋮\n`),
}))

/** Names that are almost the right one. */
const ALMOST: readonly Fault[] = [
  ['with a blank behind it', '%20', ' '],
  ['with a tail', '_test', '_test'],
  ['with a quote behind it', '%22', '"'],
].map(([name = '', written = '', meant = '']) => ({
  name: `the database is named ${name}`,
  args: ['drop', '--force', '--url', `{url}${written}`],
  sees: {
    exit: 0,
    target: 'url' as const,
    database: `{database}${meant}`,
    stderr: '',
    stdout: `there is no database "{database}${meant}"\n`,
  },
}))

const COMMANDS: readonly Fault[] = [
  {
    name: 'a command is mistyped',
    args: ['dorp'],
    sees: {exit: 2, code: 'USAGE', target: undefined, stderr: '⋮\nError: …dorp…\n⋮\n'},
  },
  {
    name: 'a command has a word too many',
    args: ['drop', 'other'],
    sees: {
      exit: 2,
      code: 'USAGE',
      target: undefined,
      stderr: 'Error: Unexpected argument: other\n⋮\n',
    },
  },
  {
    name: 'a --dry-run where there is none',
    args: ['create', '--dry-run'],
    sees: {
      exit: 2,
      code: 'USAGE',
      target: undefined,
      stderr: 'Error: Nonexistent flag: --dry-run\n⋮\n',
    },
  },
]

export const urlFaults = {
  title: 'URLs, names and commands',
  faults: [...URLS, ...ALMOST, ...COMMANDS],
}
