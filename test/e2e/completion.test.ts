import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest'
import {packageRoot, runProgram} from '../support/program.js'
import {isInstalled, openShell, type Shell} from '../support/shell.js'

const TAB = '\t'
const PROMPT = '>>> '

let folder: string
let shell: Shell | undefined

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-completion-'))
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  mkdirSync(join(folder, 'home'))
  // As npm links it; that it was run is seen.
  const program = join(bin, 'cruddur-db')
  writeFileSync(
    program,
    `#!/bin/sh\necho "$@" >> ${folder}/runs\nexec ${process.execPath} ${packageRoot}bin/run.js "$@"\n`,
  )
  chmodSync(program, 0o755)
  writeFileSync(join(folder, 'my schema.sql'), '')
  writeFileSync(join(folder, 'my-seed.sql'), '')
  for (const path of ['db/sql/reports', 'db/migrations', 'below'])
    mkdirSync(join(folder, path), {recursive: true})
  const files = ['sql/ranks', 'sql/reports/daily', 'migrations/0042_answer', 'sql/o$(touch ran-5)']
  for (const name of files) writeFileSync(join(folder, 'db', `${name}.sql`), '')
})
afterEach(async () => {
  await shell?.close()
  shell = undefined
})
afterAll(() => rmSync(folder, {recursive: true, force: true}))

const env = () => ({
  HOME: join(folder, 'home'),
  PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
  LC_ALL: 'C.UTF-8',
})

interface Kind {
  name: string
  args: string[]
  /** Has the shell complete, by the line of the manual, with a prompt that is known. */
  setUp: string[]
}

const SHELLS: Kind[] = [
  {
    name: 'bash',
    args: ['--norc', '--noprofile', '-i'],
    setUp: [
      `PS1='${PROMPT}'`,
      'bind "set bell-style none"; bind "set show-all-if-ambiguous on"; bind "set page-completions off"',
      'source <(cruddur-db completion bash)',
    ],
  },
  {
    name: 'zsh',
    args: ['-f', '-i'],
    setUp: [
      `PS1='${PROMPT}' PROMPT_EOL_MARK=''`,
      'setopt nobeep',
      'source <(cruddur-db completion zsh)',
    ],
  },
  {
    name: 'fish',
    args: ['--no-config', '-i'],
    setUp: [
      `function fish_prompt; echo -n '${PROMPT}'; end`,
      'set -g fish_autosuggestion_enabled 0',
      'cruddur-db completion fish | source',
    ],
  },
]

async function openWith({args, name, setUp}: Kind): Promise<Shell> {
  const opened = openShell(name, args, {columns: 160, cwd: folder, env: env()})
  shell = opened
  for (const line of [...setUp, "echo READY'-1'"]) opened.type(`${line}\r`)
  await opened.shows(/^READY-1$/)
  // Only behind it is the prompt one that what is typed comes after.
  opened.type("clear; echo CLEARED'-2'\r")
  await opened.shows(/^CLEARED-2$/)
  await opened.shows(/^>>> *$/)
  return opened
}

describe.each(SHELLS)('in $name', (kind) => {
  const there = isInstalled(kind.name)
  // The prompt's own blank is cut off with those at the end of a line.
  const typed = (line: string): RegExp => new RegExp(`^>>> ${line}`)

  test.skipIf(!there)('a command that is begun is ended', async () => {
    const {type, shows} = await openWith(kind)
    type(`cruddur-db ses${TAB}`)
    await shows(typed('cruddur-db sessions'))
    type(`--al${TAB}`)
    await shows(typed('cruddur-db sessions --all'))
  })

  test.skipIf(!there)('commands are shown where several are meant', async () => {
    const {type, shows} = await openWith(kind)
    type(`cruddur-db s${TAB}${TAB}`)
    await shows(/\bsetup\b/)
    await shows(/\bsessions\b/)
    await shows(/\bschema-load\b/)
  })

  test.skipIf(!there)(
    'values are completed: what server does, the shell to write for',
    async () => {
      const {type, shows} = await openWith(kind)
      type(`cruddur-db server sto${TAB}`)
      await shows(typed('cruddur-db server stop'))
      type(`\u0015cruddur-db completion fi${TAB}`)
      await shows(typed('cruddur-db completion fish'))
      type(`\u0015cruddur-db help rds-c${TAB}`)
      await shows(typed('cruddur-db help rds-create'))
    },
  )

  test.skipIf(!there)(
    'files are completed behind flags that name one, with blank or =',
    async () => {
      const {type, shows} = await openWith(kind)
      type(`cruddur-db setup --seed-file my-${TAB}`)
      await shows(typed('cruddur-db setup --seed-file my-seed.sql'))
      type(`\u0015cruddur-db setup --schema-file=my-${TAB}`)
      await shows(typed('cruddur-db setup --schema-file=my-seed.sql'))
      type(`\u0015cruddur-db setup --schema-file my\\ ${TAB}`)
      await shows(typed('cruddur-db setup --schema-file my\\\\ schema.sql'))
    },
  )

  test.skipIf(!there)(
    'queries and migrations are completed, from a folder below too; nothing is asked for them',
    async () => {
      const {type, shows, lines} = await openWith(kind)
      const runs = readFileSync(join(folder, 'runs'), 'utf8')
      type(`cruddur-db query ra${TAB}`)
      await shows(typed('cruddur-db query ranks'))
      type(`\u0015cd below\r`)
      await shows(/cd below/)
      type(`cruddur-db query reports/d${TAB}`)
      await shows(typed('cruddur-db query reports/daily'))
      type(`\u0015cruddur-db query activities/h${TAB}`)
      await shows(typed('cruddur-db query activities/home'))
      type(`\u0015cruddur-db migrate --to 0${TAB}`)
      await shows(typed('cruddur-db migrate --to 0042_answer'))
      type(`\u0015cruddur-db rollback --mark-rolled-back=0${TAB}`)
      await shows(typed('cruddur-db rollback --mark-rolled-back=0042_answer'))
      type(`\u0015cruddur-db query o${TAB}${TAB}\u0015cd ..\r`)
      await shows(/cd \.\./)
      expect(lines().join('\n')).not.toMatch(/no such|not found|no match|error/i)
      expect(readdirSync(join(folder, 'below'))).toEqual([])
      expect(readFileSync(join(folder, 'runs'), 'utf8')).toBe(runs)
    },
  )

  test.skipIf(!there)('nothing is said where there are no queries and no migrations', async () => {
    const {type, shows, lines} = await openWith(kind)
    type(`cd /\rcruddur-db migrate --to 99${TAB}${TAB} --dry${TAB}`)
    await shows(/--to 99 +--dry-run/)
    expect(lines().join('\n')).not.toMatch(/no such|not found|no match|error/i)
  })

  test.skipIf(!there)('files are not offered where none is meant', async () => {
    const {type, shows, lines} = await openWith(kind)
    type(`cruddur-db setup --confirm my-${TAB}`)
    type(` --forc${TAB}`)
    await shows(/--force/)
    expect(lines().join('\n')).not.toContain('my-seed.sql')
  })

  test.skipIf(!there)('what is typed is never run, and nor is the program', async () => {
    const {type, shows} = await openWith(kind)
    rmSync(join(folder, 'runs'))
    type(
      `cruddur-db setup --url 'postgres://u:p;touch ran-1;$(touch ran-2)\`touch ran-3\`@h/d' --keep${TAB}`,
    )
    await shows(/--keep-previous/)
    type(`\u0015cruddur-db setup --url $(touch ran-4) --keep${TAB}`)
    await shows(/touch ran-4\) --keep-previous/)
    type('\u0015ls\r')
    await shows(/my-seed\.sql/)
    expect(readdirSync(folder).filter((name) => /^ran|^runs/.test(name))).toEqual([])
  })

  test.skipIf(!there)('a function of that name is completed too, as for npx', async () => {
    const real = `${process.execPath} ${packageRoot}bin/run.js`
    const own =
      kind.name === 'fish'
        ? `function cruddur-db; ${real} $argv; end`
        : `cruddur-db() { ${real} "$@"; }`
    const {type, shows} = await openWith({...kind, setUp: [own, ...kind.setUp]})
    type(`cruddur-db ses${TAB}`)
    await shows(typed('cruddur-db sessions'))
  })

  test.skipIf(!there)('a second time does no harm', async () => {
    const {type, shows} = await openWith({...kind, setUp: [...kind.setUp, kind.setUp.at(-1) ?? '']})
    type(`cruddur-db ses${TAB}`)
    await shows(typed('cruddur-db sessions'))
  })
})

test.skipIf(!isInstalled('zsh'))('zsh loads it from a folder of its own too', async () => {
  const functions = join(folder, 'functions')
  mkdirSync(functions)
  const {stdout} = await runProgram(['completion', 'zsh'])
  writeFileSync(join(functions, '_cruddur-db'), stdout)
  const {type, shows} = await openWith({
    name: 'zsh',
    args: ['-f', '-i'],
    setUp: [
      `PS1='${PROMPT}'`,
      `fpath=(${functions} $fpath)`,
      'autoload -Uz compinit && compinit -i',
    ],
  })
  type(`cruddur-db ses${TAB}`)
  await shows(/^>>> cruddur-db sessions/)
})

describe('the script', () => {
  test.each(['bash', 'zsh', 'fish'])('for %s holds nothing of the environment', async (name) => {
    const secret = 'p%40"\\\'# x'
    const {code, stdout, stderr} = await runProgram(['completion', name], {
      env: {
        CONNECTION_URL: `postgres://u:${secret}@h/d`,
        RDS_MASTER_PASSWORD: secret,
        AWS_REGION: 'xy-zz-9',
      },
    })
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).not.toMatch(/p%40|xy-zz-9/)
  })

  test('comes as a field with --json', async () => {
    const json = JSON.parse((await runProgram(['completion', 'bash', '--json'])).stdout)
    expect(json).toEqual({
      target: null,
      shell: 'bash',
      script: (await runProgram(['completion', 'bash'])).stdout,
    })
  })

  test('is not written for a shell that is not known', async () => {
    const {code, stderr} = await runProgram(['completion', 'tcsh'])
    expect([code, stderr]).toEqual([
      2,
      'Error: Expected tcsh to be one of: bash, zsh, fish\n  → see --help\n',
    ])
  })
})
