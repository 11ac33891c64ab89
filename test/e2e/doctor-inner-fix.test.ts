import {expect, it} from 'vitest'
import {id} from '../lib/doctor/inner/scene.js'
import {asRole, loaded, stage} from '../lib/doctor/inner/stage.js'
import {harm} from '../support/harmless.js'
import {type AtEnd, runDoctor} from '../support/planted-fault.js'
import {query, urlOf} from '../support/postgres.js'
import {runProgram} from '../support/program.js'

it('--fix makes a database, its schema and its seed, and a second run finds nothing to do', async () => {
  const removals: (() => unknown)[] = []
  try {
    const made = stage((remove) => removals.unshift(remove))
    const scene = {...made, args: ['--fix']}
    const states = async () => {
      const {checks} = await runDoctor(scene)
      const names = ['database', 'extensions', 'schema', 'seed']
      return checks.filter(({name}) => names.includes(name))
    }
    expect(await states()).toMatchObject([
      {name: 'database', status: 'ok', cured: `there is no database "${made.name}" on the server`},
      {name: 'extensions', status: 'ok'},
      {name: 'schema', status: 'ok', cured: expect.stringContaining('the schema is not loaded')},
      {name: 'seed', status: 'ok', cured: expect.stringContaining('there is no seed data')},
    ])
    for (const check of await states()) expect(check).not.toHaveProperty('cured')
  } finally {
    for (const remove of removals) await remove()
  }
})

it('--fix does nothing in production, and --prod is in every command that it names', async () => {
  const removals: (() => unknown)[] = []
  try {
    const made = await loaded((remove) => removals.unshift(remove), '')
    const {stdout, stderr} = await runProgram(['doctor', '--prod', '--fix'], {
      cwd: made.cwd,
      env: {PROD_CONNECTION_URL: urlOf(made.name)},
    })
    expect(stderr).toContain('PRODUCTION')
    expect(stdout).toContain('→ cruddur-db schema-load --prod\n')
    expect(stdout).not.toContain('cured')
    const tables = "SELECT FROM pg_class WHERE relname = 'users'"
    expect(await query(tables, made.name)).toEqual([])
  } finally {
    for (const remove of removals) await remove()
  }
})

it('names of databases, roles and tables do no harm to a terminal, and no secret is told', async () => {
  const removals: (() => unknown)[] = []
  try {
    const suffix = '\u001b[31m\u202e\n'
    const files = {
      'db/schema.sql': `CREATE TABLE ${id(`t${suffix}`)} (n int); CREATE TABLE u (n int);`,
    }
    const atEnd: AtEnd = (remove) => removals.unshift(remove)
    const made = await asRole(atEnd, await loaded(atEnd, 'CREATE TABLE u (n int)', {files, suffix}))
    const {stderr, stdout} = await runProgram(['doctor'], {cwd: made.cwd, env: made.env})
    expect(harm(stdout + stderr)).toEqual([])
    expect(stdout).toContain('tables of db/schema.sql are missing: U&"t\\001b[31m\\202e\\000a"')
    for (const secret of ['p%40"#', encodeURIComponent('p%40"#')])
      expect(stdout + stderr).not.toContain(secret)
  } finally {
    for (const remove of removals) await remove()
  }
})
