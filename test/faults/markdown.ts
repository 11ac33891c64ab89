import {printable} from '../../src/lib/target/text.js'
import type {Fault} from './fault.js'
import {fill} from './pattern.js'

interface Theme {
  title: string
  faults: readonly Fault[]
}

/** What the words of the tables are for a reader. */
const WORDS: Readonly<Record<string, string>> = {
  database: 'cruddur',
  folder: '/home/me/cruddur',
  host: 'localhost:5432',
  port: '5432',
  login: 'me:***',
  own: '192.0.2.7',
  pid: '4711',
  url: '$URL',
  user: 'me',
  left: 'cruddur.new-1a2b3c4d-5e6f70',
  shown: 'cruddur…',
  name: 'cruddur…',
}

const HEAD = `# What can go wrong, and what you see

Each line is a test of \`test/faults/\`: the fault is made to happen to the built program on a database with something in it, as a person
runs it and with \`--json\`, and afterwards that database is as it was: rows and a hash of every table, definitions, owner,
grants, settings and comment. No other database is there than before, but where a line says so. This file is made
from the same table; after a change of it run \`npx vitest run test/faults/docs.test.ts -u\`.

\`…\` stands for what is different each time. Every output begins with the line that names the target, left out here.
`

/** The tables of faults as a page. */
export function faultsPage(themes: readonly Theme[]): string {
  const count = themes.reduce((sum, {faults}) => sum + faults.length, 0)
  const sections = themes.map(({title, faults}) => [`## ${title}`, '', ...table(faults)].join('\n'))
  return `${[HEAD, `${count} faults.`, '', sections.join('\n\n')].join('\n')}\n`
}

function table(faults: readonly Fault[]): string[] {
  const rows = faults.map(
    ({name, args, sees}) =>
      `| ${cell(name)} | ${code(args.map(word).join(' '))} | ${shown(sees)} | ${sees.exit} |`,
  )
  return ['| when | command | you see | exit |', '| --- | --- | --- | --- |', ...rows]
}

/** The error and what goes with it, without the steps before it; else what is said. */
function shown({stderr, stdout = ''}: Fault['sees']): string {
  const [error] = /^Error: (?:.*\n)*/m.exec(stderr) ?? []
  const lines = (error ?? stderr + stdout)
    .split('\n')
    .filter((line) => !/^(?:✔.*|⋮|\s*)$/.test(line))
  return lines.map(code).join('<br>')
}

function word(argument: string): string {
  return /^$|\s/.test(argument) ? `'${argument.replaceAll("'", "'\\''")}'` : argument
}

function code(text: string): string {
  const safe = printable(fill(text, WORDS).trimEnd().replaceAll('\t', ' ')).replaceAll('|', '\\|')
  return safe.includes('`') ? `\`\` ${safe} \`\`` : `\`${safe}\``
}

function cell(text: string): string {
  return fill(text, WORDS).replaceAll('|', '\\|').replaceAll('\n', ' ')
}
