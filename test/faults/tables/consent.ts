import type {Fault} from '../fault.js'
import {DESTRUCTIVE_FILE, DROP, PROD, refused, unconfirmed} from './production-words.js'

const misnamed = (name: string) =>
  refused(`⋮
Error: --confirm names "${name}", but the target's database is "{database}"
  → nothing was touched; check which database you mean
`)

const CONSENT: readonly Fault[] = [
  ...(
    [
      ['drop', ['drop'], 'drop the database'],
      ['schema-load', ['schema-load', '--schema-file', 's.sql'], 'run s.sql'],
      ['seed', ['seed', '--seed-file', 's.sql'], 'run s.sql'],
      ['setup', ['setup'], 'rebuild the database and drop the old one'],
      ['sessions --terminate', ['sessions', '--terminate', '1'], 'end 1 session'],
    ] as const
  ).map(([name, args, act]) => ({
    name: `${name} --prod in a script that does not confirm`,
    files: DESTRUCTIVE_FILE,
    args: [...args, '--prod'],
    env: PROD,
    sees: refused(unconfirmed(act)),
    within: 4,
  })),
  {
    name: '--force is taken for consent: a drop',
    args: ['drop', '--prod', '--force'],
    env: PROD,
    sees: refused(DROP),
  },
  {
    name: '--force is taken for consent: a setup',
    args: ['setup', '--prod', '--force', '--seed'],
    env: PROD,
    sees: refused(unconfirmed('rebuild the database and drop the old one')),
  },
  ...['crudder', '', '{database} ', '{database}@{host}', 'yes', '%'].map((name) => ({
    name: `--confirm says ${name === '' ? 'nothing' : `“${name}”`}`,
    args: ['drop', '--prod', '--confirm', name],
    env: PROD,
    sees: misnamed(name),
  })),
  {
    name: 'a local drop is confirmed for another database',
    args: ['drop', '--confirm', 'crudder'],
    sees: {...misnamed('crudder'), target: 'local'},
  },
  {
    name: 'yes | cruddur-db drop --prod',
    args: ['drop', '--prod'],
    env: PROD,
    shell: 'yes "$(basename "$CONNECTION_URL")" | "$@"',
    sees: refused(DROP),
    within: 4,
  },
  {
    name: 'standard input is closed',
    args: ['drop', '--prod'],
    env: PROD,
    shell: 'exec "$@" <&-',
    sees: refused(DROP),
    within: 4,
  },
  {
    name: 'standard input is silent for ever',
    args: ['setup', '--prod'],
    env: PROD,
    shell: 'mkfifo silent; exec 3<>silent; exec "$@" <&3',
    forms: ['words'],
    sees: refused(unconfirmed('rebuild the database and drop the old one')),
    within: 4,
  },
  {
    name: 'a --yes that other tools have',
    args: ['drop', '--prod', '--yes'],
    env: PROD,
    sees: {
      exit: 2,
      code: 'USAGE',
      target: undefined,
      stderr: 'Error: Nonexistent flag: --yes\n  → see --help\n',
    },
  },
  {
    name: 'a setup of production is confirmed, but not that it is seeded',
    files: DESTRUCTIVE_FILE,
    args: ['setup', '--prod', '--confirm', '{database}', '--seed-file', 's.sql'],
    env: PROD,
    sees: {
      exit: 2,
      code: 'USAGE',
      target: 'PRODUCTION',
      stderr: 'Error: --seed-file is given, but nothing would be seeded\n  → add --seed\n',
    },
  },
]

/** The plan alone. */
const LOOKING: readonly Fault[] = (
  [
    [['drop', '--force'], 'drop the database'],
    [['setup', '--force', '--seed'], 'rebuild the database and drop the old one'],
    [['seed', '--seed-file', 's.sql'], 'run s.sql'],
    [['schema-load', '--schema-file', 's.sql'], 'run s.sql'],
  ] as const
).map(([args, act]) => ({
  name: `${args.join(' ')} --prod --dry-run only looks`,
  files: DESTRUCTIVE_FILE,
  args: [...args, '--prod', '--dry-run', '--confirm', '{database}'],
  env: PROD,
  sees: {
    exit: 0,
    target: 'PRODUCTION',
    stderr: '',
    stdout: `PRODUCTION  This would ${act}: {user}@{host}/{database}\n⋮\n`,
  },
}))

export const consentFaults = {title: 'Consent', faults: [...CONSENT, ...LOOKING]}
