import {chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {dropDatabases, freshName, query, urlOf} from '../support/postgres.js'
import {runProgram} from '../support/program.js'
import {leaks} from '../support/stage.js'

const database = freshName()
let root: string

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'cruddur-db-input-'))
  chmodSync(root, 0o755)
  await query(`CREATE DATABASE "${database}" TEMPLATE template0`)
  await query('CREATE TABLE old AS SELECT 1 AS n', database)
})
afterAll(async () => {
  await dropDatabases(database)
  rmSync(root, {recursive: true, force: true})
})

let folders = 0
/** A working directory with these files. */
function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = join(root, String(++folders))
  mkdirSync(folder)
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return folder
}

async function expectUntouched(): Promise<void> {
  expect(await query('SELECT * FROM old', database)).toEqual([{n: 1}])
}

/** A role's login that is not the one in PROD_CONNECTION_URL makes no other database of it. */
const url = urlOf(database)
const {host, port, username, password} = new URL(url)
const login = `${username}:${password}`

const REFUSED = {code: 4, stdout: '', stderr: expect.stringContaining('nobody confirmed it')}

describe('a folder’s .env cannot switch the guard off', () => {
  const files: Record<string, string> = {
    'an empty PROD_CONNECTION_URL': 'PROD_CONNECTION_URL=\n',
    'one in quotes': 'PROD_CONNECTION_URL=""\n',
    'one that is exported': 'export PROD_CONNECTION_URL=\n',
    'one with the line ends of Windows': 'PROD_CONNECTION_URL=\r\n',
    'one behind a byte order mark': '\ufeffPROD_CONNECTION_URL=\n',
    'one over two lines': 'PROD_CONNECTION_URL="postgres://\nelsewhere/x"\n',
    'one that leads elsewhere': 'PROD_CONNECTION_URL=postgres://me@elsewhere/other\n',
    'one that cannot be read': 'PROD_CONNECTION_URL=nonsense\n',
    'two of them': `PROD_CONNECTION_URL=${url}\nPROD_CONNECTION_URL=\n`,
    'the old name': 'PRODUCTION_URL=\nunset PROD_CONNECTION_URL\n',
    'where libpq would go': `PGHOST=elsewhere\nPGHOSTADDR=10.1.1.1\nPGPORT=1\nPGDATABASE=x\nPGUSER=y\nPGSERVICE=z\nPGSERVICEFILE=/z\n`,
    'what Node would run': 'NODE_OPTIONS=--require ./evil.cjs\nNODE_PATH=.\nNODE_ENV=development\n',
    'what psql would read': 'PSQLRC=./psqlrc\nPAGER=touch pwned\nPATH=.\nPSQL_EDITOR=touch pwned\n',
    'words of ours': `CRUDDUR_DB_CONFIRM=${database}\nCONFIRM=${database}\nCRUDDUR_DB_FORCE=1\nCI=1\nYES=1\n`,
    'AWS’s': 'AWS_PROFILE=x\nAWS_ENDPOINT_URL=http://127.0.0.1:1\nAWS_CONFIG_FILE=./aws\n',
    'names of JavaScript': '__proto__=x\nconstructor=y\ntoString=z\nhasOwnProperty=1\n',
  }

  test.concurrent.each(Object.entries(files))('%s', async (_, content) => {
    const env = {PROD_CONNECTION_URL: url}
    const cwd = folderWith({
      '.env': content,
      'evil.cjs': "require('fs').writeFileSync('pwned', '')",
    })
    writeFileSync(join(cwd, 'more.env'), content.replace(/^NODE_OPTIONS.*$/m, ''))
    const drop = ['drop', '--force', '--env-file', 'more.env', '--url', url]
    expect(await runProgram(['drop'], {cwd, env: {...env, CONNECTION_URL: url}})).toMatchObject(
      REFUSED,
    )
    expect(await runProgram(drop, {cwd, env})).toMatchObject(REFUSED)
    expect(readdirSync(cwd)).not.toContain('pwned')
  })

  /** Of the URL alone: what it says without libpq's variables. */
  test.concurrent.each([
    ['PGPORT', 'PGPORT=1\n'],
    ['PGHOST and PGPORT', 'PGHOST=elsewhere\nPGPORT=1\n'],
  ])('%s does not lead what the variable calls production elsewhere', async (_, content) => {
    const prod = `postgres://${login}@${new URL(url).hostname}/${database}`
    const target = `postgres://${login}@${new URL(url).hostname}:5432/${database}`
    const {code, stderr} = await runProgram(['drop', '--url', target], {
      cwd: folderWith({'.env': content}),
      env: {PROD_CONNECTION_URL: prod},
    })
    expect(code, stderr).toBe(4)
    expect(stderr).toContain('PRODUCTION  ')
  })

  const own: Record<string, string> = {
    exported: `export CONNECTION_URL=${url}\nexport PROD_CONNECTION_URL=${url}\n`,
    'with the line ends of Windows': `PROD_CONNECTION_URL=${url}\r\nCONNECTION_URL=${url}\r\n`,
    'with those of old Macs': `PROD_CONNECTION_URL=${url}\rCONNECTION_URL=${url}\r`,
    'behind a byte order mark': `\ufeffPROD_CONNECTION_URL=${url}\nCONNECTION_URL=${url}\n`,
    'in quotes': `PROD_CONNECTION_URL="${url}"\nCONNECTION_URL='${url}' # local\n`,
    'with colons': `PROD_CONNECTION_URL: ${url}\nCONNECTION_URL: ${url}\n`,
    'with blanks': `  PROD_CONNECTION_URL  =  ${url}   # x\n\tCONNECTION_URL = ${url}\n`,
    'before a second one that is empty': `PROD_CONNECTION_URL=${url}\nCONNECTION_URL=${url}\nPROD_CONNECTION_URL=\n`,
    'before a second one': `PROD_CONNECTION_URL=${url}\nCONNECTION_URL=${url}\nPROD_CONNECTION_URL=postgres://me@elsewhere/x\n`,
    'within quotes that were opened before it': `CONNECTION_URL=${url}\nGREETING="\nPROD_CONNECTION_URL=${url}\nEND="\n`,
    'with another login and other parameters': `PROD_CONNECTION_URL=postgres://me:x@${host}/${database}?sslmode=require\nCONNECTION_URL=${url}\n`,
  }
  test.concurrent.each(Object.entries(own))(
    'that says itself what production is: %s',
    async (_, content) => {
      const cwd = folderWith({'.env': content})
      expect(await runProgram(['drop'], {cwd})).toMatchObject(REFUSED)
      expect(await runProgram(['setup', '--seed', '--url', url], {cwd})).toMatchObject(REFUSED)
    },
  )

  test.concurrent.each([
    [
      'is not expanded',
      `HOST=${host}\nPROD_CONNECTION_URL=postgres://${login}@\${HOST}/${database}\n`,
    ],
    ['goes on in the next line', `PROD_CONNECTION_URL=\\\n${url}\n`],
    ['ends in a line break', `PROD_CONNECTION_URL="${url}\n"\n`],
    ['holds a zero', `PROD_CONNECTION_URL=${url}\0\n`],
    ['is cut off by a #', `PROD_CONNECTION_URL=postgres://me:pass#word@${host}/${database}\n`],
  ])('nothing is dropped where PROD_CONNECTION_URL %s', async (_, content) => {
    const cwd = folderWith({'.env': `${content}CONNECTION_URL=${url}\n`})
    expect(await runProgram(['drop', '--force'], {cwd})).toMatchObject({code: 2, stdout: ''})
  })

  afterAll(expectUntouched)
})

describe('production is known by whatever name it is called', () => {
  const named = [
    ['2130706433', '0x7f.1', '127.1', '0177.0.0.1', '127.0.0.1.', '%31%32%37.0.0.1', '①27.0.0.1'],
    ['[::1]', '[0:0:0:0:0:0:0:1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]'],
    ['localhost', 'LocalHost', 'localhost.', 'ｌocalhost', 'any.localhost', '0.0.0.0'],
  ].flat()

  test.concurrent.each(named)('%s', async (name) => {
    for (const host of [name, `elsewhere:1,${name}`])
      expect(
        await runProgram(
          ['drop', '--force', '--url', `postgres://${login}@${host}:${port}/${database}`],
          {
            cwd: root,
            env: {PROD_CONNECTION_URL: `postgres://me@127.0.0.1:${port}/${database}`},
          },
        ),
      ).toMatchObject(REFUSED)
  })

  test.concurrent.each([
    `postgres:///${database}?host=127.0.0.1&port=${port}`,
    `postgres://127.0.0.1:${port}?dbname=${database}`,
    `postgres://127.0.0.1:${port}/${database.replace('_', '%5F')}`,
    `postgres://elsewhere:${port}/${database}?hostaddr=127.0.0.1`,
    `POSTGRESQL://127.0.0.1:${port}/${database}`,
    `postgres://%2Ftmp:${port}/${database}`,
  ])('%s', async (target) => {
    const env = {PROD_CONNECTION_URL: url, PGUSER: 'me'}
    expect(await runProgram(['drop', '--force', '--url', target], {cwd: root, env})).toMatchObject(
      REFUSED,
    )
  })

  afterAll(expectUntouched)
})

describe('nothing that lies in a folder is run on this machine', () => {
  test('not the programs that CRUDDUR_DB_HOME in .env would lead to', async () => {
    const cwd = folderWith({'.env': 'CRUDDUR_DB_HOME=./home\n'})
    chmodSync(cwd, 0o777)
    const bin = join(cwd, 'home', 'postgresql-18.99.0', 'bin')
    mkdirSync(bin, {recursive: true})
    for (const program of ['initdb', 'postgres', 'pg_ctl']) {
      writeFileSync(join(bin, program), `#!/bin/sh\ntouch ${cwd}/pwned\nexit 1\n`)
      chmodSync(join(bin, program), 0o755)
    }
    const env = {HOME: cwd, XDG_DATA_HOME: join(cwd, 'own')}
    // Refused, or run with a server of the user's own.
    for (const args of [['server', 'status'], ['server', 'start'], ['setup'], ['server', 'stop']])
      expect(leaks((await runProgram(args, {cwd, env})).stderr)).toEqual([])
    expect(readdirSync(cwd)).not.toContain('pwned')
    expect(readdirSync(join(cwd, 'home'))).toEqual(['postgresql-18.99.0'])
  })

  /** What psql would do with a line of a file, beyond the database. */
  const lines = [
    '\\! touch pwned',
    '\\!touch pwned',
    "\\copy old to program 'touch pwned'",
    "\\copy old from program 'touch pwned'",
    '\\copy old to pwned',
    '\\o |touch pwned',
    '\\o pwned',
    '\\out |touch pwned',
    'SELECT 1 \\g |touch pwned',
    'SELECT 1 \\g pwned',
    'SELECT 1 \\gx |touch pwned',
    "SELECT 'touch' \\gexec",
    'SELECT 1 \\w |touch pwned',
    '\\w pwned',
    '\\write pwned',
    '\\s pwned',
    '\\i |touch pwned',
    '\\ir |touch pwned',
    '\\include |touch pwned',
    '\\cd /',
    '\\setenv PATH .',
    '\\getenv x PATH',
    '\\set x `touch pwned`',
    "\\set x 'a'`touch pwned`",
    '\\echo `touch pwned`',
    '\\echo -n `touch pwned`',
    '\\qecho `touch pwned`',
    '\\warn `touch pwned`',
    '\\encoding `touch pwned`',
    '\\pset pager `touch pwned`',
    '\\timing `touch pwned`',
    '\\i `touch pwned`',
    '\\connect `touch pwned`',
    '\\c "host=127.0.0.1 port=1"',
    '\\prompt x',
    '\\password',
    '\\e pwned',
    '\\edit',
    '\\ef',
    "\\lo_export 1 'pwned'",
    "\\lo_import '/etc/passwd'",
    '\\if `touch pwned`',
    '\\watch 1',
    'SELECT 1; \\! touch pwned',
    'SELECT 1 \\; \\! touch pwned',
    '\\echo hi \\\\ \\! touch pwned',
    '/* a */ \\! touch pwned',
  ]

  test.concurrent.each(lines)('not by a line of a file: %s', async (line) => {
    const cwd = folderWith({'s.sql': `DELETE FROM old;\n${line}\n`})
    const args = ['seed', '--seed-file', 's.sql']
    const {code, stdout, stderr} = await runProgram(args, {cwd, env: {CONNECTION_URL: url}})
    expect([code, stdout], stderr).toEqual([1, ''])
    expect(leaks(stderr)).toEqual([])
    expect(readdirSync(cwd)).toEqual(['s.sql'])
  })

  test('what only looks like such a line is data, text or a comment', async () => {
    const cwd = folderWith({
      's.sql': String.raw`CREATE TEMP TABLE t (a text);
COPY t FROM stdin;
\\! touch pwned
`.concat(
        '`touch pwned`\n\\.\n',
        String.raw`INSERT INTO t VALUES ('
\! touch pwned
'), ($$
\! touch pwned
$$), (E'\\! touch pwned');
/*
\! touch pwned
*/
-- \! touch pwned
SELECT 1 AS "\! touch pwned";
`,
      ),
    })
    const result = await runProgram(['seed', '--seed-file', 's.sql'], {
      cwd,
      env: {CONNECTION_URL: url},
    })
    expect(result, result.stderr).toMatchObject({code: 0})
    expect(readdirSync(cwd)).toEqual(['s.sql'])
  })

  afterAll(expectUntouched)
})
