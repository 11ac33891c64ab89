import {chmodSync, mkdirSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {
  type AtEnd,
  findAndCure,
  folderOf,
  type PlantedFault,
  runDoctor,
  type Scene,
} from '../support/planted-fault.js'

/** Nothing listens there: what is behind the configuration does not matter here. */
const URL_ = 'postgres://tester:secret@127.0.0.1:1/cruddur'

interface Place {
  folder: string
  file: (name: string, content: string | Buffer, mode?: number) => string
  scene: (env?: Record<string, string>, args?: string[]) => Scene
}

/** A folder to run in, which is the home as well, with an embedded server that was never started. */
function place(atEnd: AtEnd): Place {
  const folder = folderOf(atEnd)
  return {
    folder,
    file: (name, content, mode = 0o600) => {
      const path = join(folder, name)
      writeFileSync(path, content)
      chmodSync(path, mode)
      return path
    },
    scene: (env = {}, args = []) => ({
      args,
      cwd: folder,
      env: {HOME: folder, CRUDDUR_DB_HOME: join(folder, 'server'), ...env},
    }),
  }
}

/** A fault of the variables alone, and the variables without it. */
function variables(
  fault: Omit<PlantedFault, 'plant'>,
  before: Record<string, string>,
  after: Record<string, string>,
  args: string[] = [],
): PlantedFault {
  return {
    ...fault,
    plant: async (atEnd) => {
      const {scene} = place(atEnd)
      return {scene: scene(before, args), cure: async () => scene(after, args)}
    },
  }
}

/** A fault of `.env`, and its lines without it. */
function filed(
  name: string,
  check: string,
  fault: {lines: string; message: string; fix: string; after: string},
): PlantedFault {
  const {after, fix, lines, message} = fault
  return {
    name,
    check,
    status: 'warn',
    message,
    fix,
    plant: async (atEnd) => {
      const {file, scene} = place(atEnd)
      file('.env', lines)
      return {
        scene: scene(),
        cure: async () => {
          file('.env', after)
          return undefined
        },
      }
    },
  }
}

/** A fault of the value of CONNECTION_URL. */
const inUrl = (name: string, value: string, message: string | RegExp): PlantedFault =>
  variables(
    {
      name,
      check: 'url',
      status: 'fail',
      message,
      fix: 'correct CONNECTION_URL in the environment',
    },
    {CONNECTION_URL: value},
    {CONNECTION_URL: URL_},
  )

const FAULTS: PlantedFault[] = [
  {
    name: 'a .env in another encoding',
    check: 'env-file',
    status: 'fail',
    message: 'the environment file .env is not UTF-8 text',
    fix: 'correct .env, or name another file with --env-file',
    plant: async (atEnd) => {
      const {file, scene} = place(atEnd)
      file('.env', Buffer.from(`CONNECTION_URL=${URL_}\n`, 'utf16le').fill(0xff, 0, 2))
      return {
        scene: scene(),
        cure: async () => {
          file('.env', `CONNECTION_URL=${URL_}\n`)
          return undefined
        },
      }
    },
  },
  {
    name: 'a "#" in .env that ends the URL',
    check: 'url',
    status: 'fail',
    message:
      'CONNECTION_URL: a "#" in .env:2 ends the value there: write %23, or a blank before a comment',
    fix: 'correct CONNECTION_URL in .env',
    plant: async (atEnd) => {
      const {file, scene} = place(atEnd)
      file('.env', '# ours\nCONNECTION_URL=postgres://tester:p#x@127.0.0.1:1/cruddur\n')
      return {
        scene: scene(),
        cure: async () => {
          file('.env', '# ours\nCONNECTION_URL=postgres://tester:p%23x@127.0.0.1:1/cruddur\n')
          return undefined
        },
      }
    },
  },
  {
    name: 'a line of .env that assigns nothing',
    check: 'env-file',
    status: 'warn',
    message: 'line 2 of .env assigns nothing, and is not read',
    fix: 'write NAME=value in line 2 of .env, or "#" before it',
    plant: async (atEnd) => {
      const {file, scene} = place(atEnd)
      file('.env', `# ours\nCONNECTION_URL ${URL_}\n`)
      return {
        scene: scene(),
        cure: async () => {
          file('.env', `# ours\nCONNECTION_URL=${URL_}\n`)
          return undefined
        },
      }
    },
  },
  {
    name: 'a variable that hides the one in .env',
    check: 'hidden-values',
    status: 'warn',
    message:
      'CONNECTION_URL is set in the environment (127.0.0.1:1/cruddur) and hides the one in .env (db:5432/cruddur)',
    fix: 'unset CONNECTION_URL',
    plant: async (atEnd) => {
      const {file, scene} = place(atEnd)
      file('.env', 'CONNECTION_URL=postgres://tester:secret@db:5432/cruddur\n')
      return {scene: scene({CONNECTION_URL: URL_}), cure: async () => scene()}
    },
  },
  {
    name: 'another password in the environment than in .env',
    check: 'hidden-values',
    status: 'warn',
    message:
      'CONNECTION_URL is set in the environment (127.0.0.1:1/cruddur) and hides the one in .env (127.0.0.1:1/cruddur, with another login or other settings)',
    fix: 'unset CONNECTION_URL',
    plant: async (atEnd) => {
      const {file, scene} = place(atEnd)
      file('.env', `CONNECTION_URL=${URL_.replace('secret', 'other')}\n`)
      return {scene: scene({CONNECTION_URL: URL_}), cure: async () => scene()}
    },
  },
  variables(
    {
      name: 'the old name of PROD_CONNECTION_URL',
      check: 'old-variables',
      status: 'warn',
      message: 'PRODUCTION_URL is not read, and protects nothing: the variable was renamed',
      fix: 'call the variable PROD_CONNECTION_URL',
    },
    {CONNECTION_URL: URL_, PRODUCTION_URL: 'postgres://u@db/cruddur'},
    {CONNECTION_URL: URL_, PROD_CONNECTION_URL: 'postgres://u@db/cruddur'},
  ),
  variables(
    {
      name: 'a service of libpq, which is not used',
      check: 'old-variables',
      status: 'warn',
      message: 'PGSERVICE is set and is not used: the URL alone says where',
      fix: 'unset PGSERVICE',
    },
    {CONNECTION_URL: URL_, PGSERVICE: 'cruddur'},
    {CONNECTION_URL: URL_},
  ),
  filed('a service of libpq in .env, which is not used', 'old-variables', {
    lines: `CONNECTION_URL=${URL_}\nPGSERVICE=cruddur\n`,
    message: 'PGSERVICE is set and is not used: the URL alone says where',
    fix: 'take PGSERVICE out of .env',
    after: `CONNECTION_URL=${URL_}\n`,
  }),
  filed('variables of libpq in .env that lead elsewhere', 'pg-variables', {
    lines: 'CONNECTION_URL=postgres://127.0.0.1/cruddur\nPGUSER=tester\nPGPORT=1\n',
    message: 'the environment fills in what the URL leaves out: PGUSER, PGPORT',
    fix: 'write that into the URL, or: take PGUSER and PGPORT out of .env',
    after: 'CONNECTION_URL=postgres://127.0.0.1/cruddur\n',
  }),
  variables(
    {
      name: 'variables of libpq that lead elsewhere',
      check: 'pg-variables',
      status: 'warn',
      message: 'the environment fills in what the URL leaves out: PGUSER, PGPORT',
      fix: 'write that into the URL, or: unset PGUSER PGPORT',
    },
    {CONNECTION_URL: 'postgres://127.0.0.1/cruddur', PGUSER: 'tester', PGPORT: '1'},
    {CONNECTION_URL: URL_, PGUSER: 'tester', PGPORT: '1'},
  ),
  inUrl(
    'quotes in the value of the URL',
    `"${URL_}"`,
    'CONNECTION_URL: the value has quotes around it: remove them',
  ),
  inUrl(
    'blanks around the URL',
    `${URL_} `,
    'CONNECTION_URL: the value has blanks or invisible characters around it: remove them',
  ),
  inUrl(
    'a character in the password that has to be escaped',
    'postgres://tester:p#assword@127.0.0.1:1/cruddur',
    'CONNECTION_URL: the password holds "#": write %23',
  ),
  inUrl(
    'a URL without a database',
    'postgres://tester:secret@127.0.0.1:1',
    'CONNECTION_URL: it names no database: add its name behind the host, as /cruddur',
  ),
  inUrl(
    'several things wrong with the URL, all told',
    "'postgres://tester:secret@127.0.0.1:99999/cruddur?sslmod=require'",
    /^CONNECTION_URL: the value has quotes around it: remove them\nCONNECTION_URL: the parameter "sslmod" is unknown: write sslmode\n.*port must be a number/,
  ),
  variables(
    {
      name: 'an empty CONNECTION_URL',
      check: 'url',
      status: 'fail',
      message: 'CONNECTION_URL: the value is empty',
      fix: 'write a URL into CONNECTION_URL, or unset it to use the embedded server',
    },
    {CONNECTION_URL: ''},
    {},
  ),
  variables(
    {
      name: '--prod without its variable',
      check: 'url',
      status: 'fail',
      message: '--prod needs PROD_CONNECTION_URL, which is not set',
      fix: "set PROD_CONNECTION_URL to production's URL, in the environment or in .env",
    },
    {},
    {PROD_CONNECTION_URL: URL_},
    ['--prod'],
  ),
  variables(
    {
      name: '--prod with the old name of its variable',
      check: 'url',
      status: 'fail',
      message: 'PRODUCTION_URL was renamed: --prod reads PROD_CONNECTION_URL',
      fix: 'call the variable PROD_CONNECTION_URL',
    },
    {PRODUCTION_URL: URL_},
    {PROD_CONNECTION_URL: URL_},
    ['--prod'],
  ),
  variables(
    {
      name: 'CONNECTION_URL that leads to production',
      check: 'production',
      status: 'warn',
      message: 'CONNECTION_URL leads to production',
      fix: "write the local database's URL into CONNECTION_URL in the environment, and use --prod for production",
    },
    {CONNECTION_URL: URL_, PROD_CONNECTION_URL: URL_},
    {CONNECTION_URL: 'postgres://tester@127.0.0.1:1/local', PROD_CONNECTION_URL: URL_},
  ),
  variables(
    {
      name: 'a PROD_CONNECTION_URL that cannot be read, and guards nothing',
      check: 'production',
      status: 'warn',
      message: 'PROD_CONNECTION_URL: the value is a placeholder: put the URL there',
      fix: 'correct PROD_CONNECTION_URL in the environment',
    },
    {PROD_CONNECTION_URL: '<your url>'},
    {PROD_CONNECTION_URL: URL_},
  ),
  {
    name: 'a password file that others can read, cured by --fix',
    check: 'password',
    status: 'warn',
    message: /\/\.pgpass can be read by others and is not used$/,
    fix: /^chmod 600 \/.*\/\.pgpass$/,
    plant: async (atEnd) => {
      const {file, scene} = place(atEnd)
      file('.pgpass', '*:*:*:*:secret\n', 0o644)
      const env = {CONNECTION_URL: 'postgres://tester@127.0.0.1:1/cruddur'}
      return {scene: scene(env), cure: async () => scene(env, ['--fix'])}
    },
  },
  {
    name: 'a password file that is named and not there',
    check: 'password',
    status: 'warn',
    message: 'the password file /nonexistent/pgpass cannot be read and is not used',
    fix: 'correct PGPASSFILE, or: unset PGPASSFILE',
    plant: async (atEnd) => {
      const {scene} = place(atEnd)
      const env = {CONNECTION_URL: 'postgres://tester@127.0.0.1:1/cruddur'}
      return {
        scene: scene({...env, PGPASSFILE: '/nonexistent/pgpass'}),
        cure: async () => scene(env),
      }
    },
  },
  {
    name: 'a folder in place of a password file, whose rights nobody touches',
    check: 'password',
    status: 'warn',
    message: /^the password file .*\/folder cannot be read and is not used$/,
    fix: 'correct passfile in the URL',
    plant: async (atEnd) => {
      const {folder, scene} = place(atEnd)
      const path = join(folder, 'folder')
      mkdirSync(path, 0o755)
      const url = `postgres://tester@127.0.0.1:1/cruddur?passfile=${encodeURIComponent(path)}`
      return {
        scene: scene({CONNECTION_URL: url}, ['--fix']),
        cure: async () => {
          expect(statSync(path).mode & 0o777).toBe(0o755)
          return scene({CONNECTION_URL: URL_})
        },
      }
    },
  },
  {
    name: 'a file of authorities that is not there',
    check: 'url',
    status: 'fail',
    message: /^CONNECTION_URL: sslrootcert leads to .*\/ca\.pem, which cannot be read/,
    fix: 'correct CONNECTION_URL in .env',
    plant: async (atEnd) => {
      const {file, folder, scene} = place(atEnd)
      file('.env', `CONNECTION_URL=${URL_}?sslmode=verify-ca&sslrootcert=${folder}/ca.pem\n`)
      return {
        scene: scene(),
        cure: async () => {
          rmSync(join(folder, '.env'))
          return scene({CONNECTION_URL: URL_})
        },
      }
    },
  },
]

test.concurrent.for(FAULTS)('$name is found and cured', (fault) => findAndCure(fault))

describe('--fix cures nothing of production', () => {
  const url = 'postgres://tester@127.0.0.1:1/cruddur'
  const rds = 'postgres://tester@no-such.abc.ca-central-1.rds.amazonaws.com/cruddur'
  test.each([
    ['named by --prod', ['--prod'], {PROD_CONNECTION_URL: url}],
    ['that another variable names', [], {CONNECTION_URL: url, PROD_CONNECTION_URL: url}],
    [
      'that another name leads to',
      [],
      {CONNECTION_URL: url, PROD_CONNECTION_URL: url.replace('127.0.0.1', 'localhost')},
    ],
    ['known by its host', ['--url', rds], {}],
  ])('%s', async (_, args, env) => {
    const removals: (() => unknown)[] = []
    const {file, scene} = place((remove) => removals.push(remove))
    const path = file('.pgpass', '*:*:*:*:secret\n', 0o644)
    const {check, target} = await runDoctor(scene(env, ['--fix', ...args]))
    expect(target).toMatchObject({production: true})
    expect(check('password')).toMatchObject({status: 'warn'})
    expect(check('password')).not.toHaveProperty('cured')
    expect(statSync(path).mode & 0o777).toBe(0o644)
    for (const remove of removals) await remove()
  })
})
