import {networkInterfaces} from 'node:os'
import type {Fault} from '../fault.js'
import {DROP, misconfigured, PROD, refused} from './production-words.js'

/** Production by what it is, whatever names it. */
const NAMING: readonly Fault[] = [
  {
    name: 'CONNECTION_URL is production’s',
    args: ['drop'],
    env: PROD,
    sees: refused(DROP),
  },
  ...['localhost', 'LOCALHOST.', '[::1]', '127.0.0.2', '[::ffff:127.0.0.1]'].map((host) => ({
    name: `--url is production’s, with the host written ${host}`,
    args: ['drop', '--url', `postgres://{login}@${host}:{port}/{database}`],
    env: PROD,
    sees: {...refused(DROP), host: `${host}:{port}`},
  })),
  {
    name: '--url is production’s, with the machine’s address in place of its name',
    arrange: async ({say}) => {
      const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? [])
      const own = addresses.find(({family, internal}) => family === 'IPv4' && !internal)
      say('own', own?.address ?? '127.0.0.3')
      return undefined
    },
    args: ['drop', '--url', 'postgres://{login}@{own}:{port}/{database}'],
    env: PROD,
    sees: {...refused(DROP), host: '{own}:{port}'},
  },
  {
    name: '--url is production’s, with another user and other parameters',
    args: ['drop', '--url', 'postgresql://me@{host}/{database}?application_name=x&sslmode=disable'],
    env: PROD,
    sees: {...refused(DROP), user: 'me'},
  },
  {
    name: '--url is production’s as the second of two hosts',
    args: ['drop', '--url', 'postgres://{login}@elsewhere:1,{host}/{database}'],
    env: PROD,
    sees: {...refused(DROP), host: 'elsewhere:1,{host}'},
  },
  {
    name: '--url is production’s by its hostaddr',
    args: ['drop', '--url', 'postgres://{login}@elsewhere:{port}/{database}?hostaddr=127.0.0.1'],
    env: PROD,
    sees: {...refused(DROP), host: 'elsewhere:{port}'},
  },
  {
    name: '--url is a socket of this machine, on which production is',
    args: ['drop', '--url', 'postgres://{login}@/{database}?host=/run&port={port}'],
    env: PROD,
    sees: {...refused(DROP), host: '/run:{port}'},
  },
  {
    name: 'sessions of production are ended by way of another database of its server',
    args: ['sessions', '--terminate', '1', '--url', 'postgres://{login}@{host}/postgres'],
    env: PROD,
    sees: {
      ...refused(`⋮
Error: this would end 1 session in production, and nobody confirmed it
  → if you mean it, add: --confirm postgres
`),
      target: 'url',
      database: 'postgres',
    },
  },
  {
    name: 'an RDS host is named, and PROD_CONNECTION_URL is not set',
    args: ['drop', '--url', 'postgres://me:secret@db.abc.eu-central-1.rds.amazonaws.com/cruddur'],
    sees: {
      ...refused(`⋮
Error: this would drop the database in production, and nobody confirmed it
  → if you mean it, add: --confirm cruddur
`),
      user: 'me',
      host: 'db.abc.eu-central-1.rds.amazonaws.com:5432',
      database: 'cruddur',
    },
    within: 4,
  },
  {
    name: 'PRODUCTION_URL is set, as in one of the old scripts',
    args: ['drop', '--prod', '--confirm', '{database}'],
    env: {PRODUCTION_URL: '{url}'},
    sees: misconfigured(`Error: PRODUCTION_URL was renamed: --prod reads PROD_CONNECTION_URL
  → call the variable PROD_CONNECTION_URL
`),
  },
  {
    name: '--prod is given, and nothing says where production is',
    args: ['drop', '--prod', '--confirm', '{database}'],
    sees: misconfigured(`Error: --prod needs PROD_CONNECTION_URL, which is not set
  → set PROD_CONNECTION_URL to production's URL, in the environment or in .env
`),
  },
  {
    name: 'PROD_CONNECTION_URL cannot be read, so that nobody knows what is production',
    args: ['drop'],
    env: {PROD_CONNECTION_URL: 'host=prod dbname=cruddur'},
    sees: misconfigured(`Error: PROD_CONNECTION_URL: the value is no URL: write postgres://HOST:PORT/DATABASE in place of host=… dbname=…
  → PROD_CONNECTION_URL tells whether a target is production: correct or unset it
`),
  },
  {
    name: '--prod and --url name two targets',
    args: ['drop', '--prod', '--url', '{url}'],
    env: PROD,
    sees: {
      exit: 2,
      code: 'USAGE',
      target: undefined,
      stderr: 'Error: --url cannot also be provided when using --prod\n  → see --help\n',
    },
  },
]

/** A folder's .env that would switch the guard off. */
const ENV_FILES: readonly Fault[] = [
  {
    name: '.env empties PROD_CONNECTION_URL',
    files: {'.env': 'PROD_CONNECTION_URL=\n'},
    args: ['drop'],
    env: PROD,
    sees: refused(DROP),
  },
  {
    name: '.env gives PROD_CONNECTION_URL another value',
    files: {'.env': 'PROD_CONNECTION_URL=postgres://me@elsewhere/other\n'},
    args: ['drop'],
    env: PROD,
    sees: refused(DROP),
  },
  {
    name: '.env has CONNECTION_URL at production',
    files: {'.env': 'CONNECTION_URL={url}\n'},
    args: ['drop'],
    env: {...PROD, CONNECTION_URL: undefined},
    sees: refused(DROP),
  },
  {
    name: '--env-file has CONNECTION_URL at production',
    files: {'other.env': 'CONNECTION_URL={url}\nPROD_CONNECTION_URL=\n'},
    args: ['drop', '--env-file', 'other.env'],
    env: {...PROD, CONNECTION_URL: undefined},
    sees: refused(DROP),
  },
  {
    name: 'docker-compose sets PROD_CONNECTION_URL to nothing, and .env has it',
    files: {'.env': 'PROD_CONNECTION_URL={url}\n'},
    args: ['drop'],
    env: {PROD_CONNECTION_URL: ''},
    sees: refused(DROP),
  },
  {
    name: '.env has a # in the password',
    files: {'.env': 'CONNECTION_URL=postgres://me:pass#word@{host}/{database}\n'},
    args: ['drop'],
    env: {CONNECTION_URL: undefined},
    sees: misconfigured(
      'Error: CONNECTION_URL: a "#" in .env:1 ends the value there: write %23, or a blank before a comment\n',
    ),
  },
  {
    name: '.env is not text',
    files: {'.env': Buffer.from([0xff, 0xfe, 0x00, 0x80])},
    args: ['drop'],
    sees: misconfigured(
      'Error: the environment file .env is not UTF-8 text\n  → correct .env, or name another file with --env-file\n',
    ),
  },
]

export const productionFaults = {title: 'What is production', faults: [...NAMING, ...ENV_FILES]}
