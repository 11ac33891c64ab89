import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {type Environment, loadEnvironment} from '../../../src/lib/target/environment.js'
import {
  asAlias,
  describeTarget,
  embeddedTarget,
  resolveTarget,
  targetJson,
  withDatabase,
} from '../../../src/lib/target/target.js'
import {contextOf, defined, errorOf, localTarget, problemsOf, targetOf} from './fixtures.js'

const RDS = 'cruddur.c1.ca-central-1.rds.amazonaws.com'

function prodTarget(env: Environment) {
  return defined(resolveTarget({prod: true, command: 'drop'}, contextOf(env)))
}

function embedded(env: Environment, port = 5432) {
  return embeddedTarget({port}, {command: 'drop'}, contextOf(env))
}

describe('how a target is named', () => {
  const env = {CONNECTION_URL: 'postgres://h/local', PROD_CONNECTION_URL: 'postgres://p/prod'}

  test('nothing: CONNECTION_URL', () => {
    expect(localTarget(env)).toMatchObject({name: 'local', database: 'local', production: false})
  })

  test('nothing, and CONNECTION_URL unset: the embedded server', () => {
    const {CONNECTION_URL: _, ...others} = env
    expect(resolveTarget({prod: false, command: 'drop'}, contextOf(others))).toBeUndefined()
    expect(resolveTarget({prod: false, command: 'drop'}, contextOf({PGHOST: 'h'}))).toBeUndefined()
  })

  test('--prod: PROD_CONNECTION_URL, and it is production', () => {
    expect(prodTarget(env)).toMatchObject({name: 'production', database: 'prod', production: true})
  })

  test('--url: that URL, whatever CONNECTION_URL holds', () => {
    const target = targetOf('postgres://h/url', contextOf({...env, CONNECTION_URL: 'nonsense'}))
    expect(target).toMatchObject({name: 'url', database: 'url', production: false})
  })

  test('the application is named after the command', () => {
    expect(prodTarget(env).applicationName).toBe('cruddur-db drop')
    expect(embedded({}).applicationName).toBe('cruddur-db drop')
  })
})

describe('a target that is not named right', () => {
  test.each<[string, boolean, string | undefined, Environment, string, string | undefined]>([
    [
      'CONNECTION_URL is empty',
      false,
      undefined,
      {CONNECTION_URL: ''},
      'CONNECTION_URL: the value is empty',
      'write a URL into CONNECTION_URL, or unset it to use the embedded server',
    ],
    ['--url is empty', false, '', {}, '--url: the value is empty', undefined],
    [
      'PROD_CONNECTION_URL is not set',
      true,
      undefined,
      {},
      '--prod needs PROD_CONNECTION_URL, which is not set',
      "set PROD_CONNECTION_URL to production's URL, in the environment or in .env",
    ],
    [
      'PROD_CONNECTION_URL is empty',
      true,
      undefined,
      {PROD_CONNECTION_URL: ''},
      '--prod needs PROD_CONNECTION_URL, which is empty',
      "set PROD_CONNECTION_URL to production's URL, in the environment or in .env",
    ],
    [
      'PROD_CONNECTION_URL is empty beside its old name',
      true,
      undefined,
      {PROD_CONNECTION_URL: '', PRODUCTION_URL: 'postgres://h/d'},
      '--prod needs PROD_CONNECTION_URL, which is empty',
      "set PROD_CONNECTION_URL to production's URL, in the environment or in .env",
    ],
    [
      'PROD_CONNECTION_URL has its old name',
      true,
      undefined,
      {PRODUCTION_URL: 'postgres://h/d'},
      'PRODUCTION_URL was renamed: --prod reads PROD_CONNECTION_URL',
      'call the variable PROD_CONNECTION_URL',
    ],
    [
      '--prod and --url',
      true,
      'postgres://h/d',
      {},
      '--prod and --url name two targets',
      'leave one of them out',
    ],
    [
      'the URL is wrong',
      false,
      undefined,
      {CONNECTION_URL: 'postgres://u:p#w@h/d'},
      'CONNECTION_URL: the password holds "#": write %23',
      undefined,
    ],
    [
      'production is wrong',
      true,
      undefined,
      {PROD_CONNECTION_URL: 'localhost/cruddur'},
      'PROD_CONNECTION_URL: the value has no scheme: begin it with postgres://',
      undefined,
    ],
  ])('%s', (_, prod, url, env, message, hint) => {
    const error = errorOf(() => resolveTarget({prod, url, command: 'drop'}, contextOf(env)))
    expect(error).toMatchObject({
      code: 'CONFIGURATION',
      exit: 2,
      message,
      data: {problems: [message]},
    })
    expect(error.details.hint).toBe(hint)
  })

  test('PRODUCTION_URL beside PROD_CONNECTION_URL is no problem', () => {
    const env = {PRODUCTION_URL: 'postgres://old/d', PROD_CONNECTION_URL: 'postgres://p/d'}
    expect(prodTarget(env)).toMatchObject({database: 'd', warnings: []})
  })

  test('PRODUCTION_URL alone is warned of, as the guard does not see it', () => {
    const env = {PRODUCTION_URL: 'postgres://p/d', CONNECTION_URL: 'postgres://h/d'}
    const warnings = ['PRODUCTION_URL is not read: call it PROD_CONNECTION_URL']
    expect(localTarget(env).warnings).toEqual(warnings)
    expect(embedded(env).warnings).toEqual(warnings)
    expect(localTarget({...env, PRODUCTION_URL: 'https://cruddur.com'}).warnings).toEqual([])
  })
})

describe('a target is production, whatever named it', () => {
  test.each([
    [`postgres://${RDS}/d`, undefined],
    [`postgres://${RDS.toUpperCase()}/d`, undefined],
    [`postgres://${RDS}./d`, undefined],
    [`postgres://${RDS}.cn/d`, undefined],
    [`postgres://localhost,${RDS}/d`, undefined],
    [`postgres://${RDS}/d?hostaddr=127.0.0.1`, undefined],
    [`postgres://${RDS.replaceAll('.', '%2E')}/d`, undefined],
    ['postgres://cruddur.c1.ca-central-1.ｒｄｓ.amazonaws.com/d', undefined],
    ['postgres://p/d', 'postgres://p/d'],
    ['postgres://me:x@p:5432/d?sslmode=disable', 'postgresql://you:y@P/d'],
    ['postgres://p./d', 'postgres://p/d'],
    ['postgres://h,p:5433/d', 'postgres://p:5433/d'],
    ['postgres://p/d', 'postgres://h,p/d'],
    ['postgres:///d?host=p', 'postgres://p/d'],
    ['postgres://p/%64', 'postgres://p/d'],
    ['postgres://localhost/d', 'postgres://127.0.0.1/d'],
    ['postgres:///d', 'postgres://[::1]/d'],
    ['postgres://LOCALHOST./d', 'postgres:///d'],
    ['postgres://127.1/d', 'postgres://localhost/d'],
    ['postgres://127.0.0.53/d', 'postgres://localhost/d'],
    ['postgres://[::ffff:127.0.0.1]/d', 'postgres://localhost/d'],
    ['postgres://[0:0:0:0:0:0:0:1]/d', 'postgres://localhost/d'],
    ['postgres://0.0.0.0/d', 'postgres://localhost/d'],
    ['postgres://[::]/d', 'postgres://localhost/d'],
    ['postgres://pg.localhost/d', 'postgres://localhost/d'],
    ['postgres://localhost.localdomain/d', 'postgres://localhost/d'],
    ['postgres://ip6-localhost/d', 'postgres://localhost/d'],
    ['postgres://PG.1/d', 'postgres://pg.1/d'],
    ['postgres://[::ffff:10.1.2.3]/d', 'postgres://10.1.2.3/d'],
    ['postgres://[2001:DB8:0::7]/d', 'postgres://[2001:db8::7]/d'],
    ['postgres://tunnel/d?hostaddr=10.0.0.1', 'postgres://10.0.0.1/d'],
    ['postgres://10.0.0.1/d', 'postgres://p/d?hostaddr=10.0.0.1'],
    ['postgres://%2Frun%2Fpg/d', 'postgres:///d?host=/run//pg/'],
    ['postgres://%2Ftmp/d', 'postgres://localhost/d'],
    ['postgres://localhost/d', 'postgres://%2Ftmp/d'],
  ])('%s where PROD_CONNECTION_URL is %s', (url, production) => {
    const env = {PROD_CONNECTION_URL: production}
    expect(localTarget({...env, CONNECTION_URL: url})).toMatchObject({
      name: 'local',
      production: true,
    })
    expect(targetOf(url, contextOf(env))).toMatchObject({name: 'url', production: true})
  })

  test('also when libpq variables say where it is', () => {
    const env = {CONNECTION_URL: 'postgres:///d', PROD_CONNECTION_URL: 'postgres://p:6000/d'}
    expect(localTarget({...env, PGHOST: 'p', PGPORT: '6000'}).production).toBe(true)
    expect(localTarget({CONNECTION_URL: 'postgres:///d', PGHOST: RDS}).production).toBe(true)
  })

  test.each([
    ['postgres://p/d', undefined],
    ['postgres://p/d', ''],
    ['postgres://p/d2', 'postgres://p/d'],
    ['postgres://p/D', 'postgres://p/d'],
    ['postgres://p:5433/d', 'postgres://p/d'],
    ['postgres://q/d', 'postgres://p/d'],
    ['postgres://%2Ftmp:5433/d', 'postgres://%2Ftmp/d'],
    [`postgres://${RDS}.example.com/d`, 'postgres://p/d'],
    ['postgres://notrds.amazonaws.com/d', 'postgres://p/d'],
  ])('but %s is not where PROD_CONNECTION_URL is %s', (url, production) => {
    expect(localTarget({CONNECTION_URL: url, PROD_CONNECTION_URL: production}).production).toBe(
      false,
    )
  })

  test('also when an empty variable stands before the one in .env', () => {
    const folder = mkdtempSync(join(tmpdir(), 'cruddur-target-'))
    writeFileSync(join(folder, '.env'), 'PROD_CONNECTION_URL=postgres://p/d\n')
    const processEnv = {CONNECTION_URL: 'postgres://p/d', PROD_CONNECTION_URL: ''}
    const env = loadEnvironment({cwd: folder, processEnv})
    rmSync(folder, {recursive: true})
    const request = {prod: false, command: 'test'}
    expect(resolveTarget(request, contextOf(env))?.production).toBe(true)
  })

  test.each([
    ['postgres://p/d', 'postgres://p:5432/d', {PGPORT: '6000'}],
    ['postgres:///d', 'postgres://localhost/d', {PGHOST: 'elsewhere'}],
    ['postgres:///d', 'postgres://localhost:5432/d', {PGHOST: 'elsewhere', PGPORT: '6000'}],
  ])(
    '%s is at %s also where a .env holds %j',
    (production, url, variables: Record<string, string>) => {
      const env = {...variables, PROD_CONNECTION_URL: production, CONNECTION_URL: url}
      expect(localTarget(env).production).toBe(true)
    },
  )

  test('another database of its server is not, but is known to be beside it', () => {
    const env = {PROD_CONNECTION_URL: 'postgres://p/d'}
    const other = targetOf('postgres://p/other', contextOf(env))
    expect(other).toMatchObject({production: false, productionServer: true})
    const elsewhere = targetOf('postgres://q/d', contextOf(env))
    expect(elsewhere).toMatchObject({production: false, productionServer: false})
  })

  test('and stays so in another database of its server', () => {
    const target = withDatabase(targetOf(`postgres://${RDS}/d`), 'postgres')
    expect(target).toMatchObject({production: true, database: 'postgres'})
  })
})

describe('what production is, for who can look names up', () => {
  const env = {PROD_CONNECTION_URL: 'postgres://u:secret@p,q:6000/d'}
  const guard = {
    hosts: [
      {host: 'p', port: 5432},
      {host: 'q', port: 6000},
    ],
    database: 'd',
  }

  test('stands in every target beside it, without a login', () => {
    expect(targetOf('postgres://h/d', contextOf(env)).guard).toEqual(guard)
    expect(localTarget({...env, CONNECTION_URL: 'postgres://h/d'}).guard).toEqual(guard)
    expect(embedded(env).guard).toEqual(guard)
  })

  test('does not where nothing says it, or where it is the target', () => {
    expect(targetOf('postgres://h/d').guard).toBeUndefined()
    expect(prodTarget(env).guard).toBeUndefined()
  })

  test('makes its database under another host name production', () => {
    const target = targetOf('postgres://h/d', contextOf(env))
    expect(target).toMatchObject({production: false, productionServer: false})
    expect(asAlias(target)).toEqual({...target, production: true, productionServer: true})
  })

  test('makes another database of its server one beside production', () => {
    const target = targetOf('postgres://h/other', contextOf(env))
    expect(asAlias(target)).toEqual({...target, production: false, productionServer: true})
  })

  test('takes nothing from a target that is production already', () => {
    const target = targetOf(`postgres://${RDS}/other`, contextOf(env))
    expect(asAlias(target)).toEqual(target)
  })
})

describe('a PROD_CONNECTION_URL that cannot be read', () => {
  const problem = 'PROD_CONNECTION_URL: the password holds "#": write %23'
  const env = {PROD_CONNECTION_URL: 'postgres://u:p#w@p/d'}

  test('stops every target, for the guard cannot tell', () => {
    const error = errorOf(() => targetOf('postgres://h/d', contextOf(env)))
    expect(error).toMatchObject({exit: 2, message: problem})
    expect(error.details.hint).toBe(
      'PROD_CONNECTION_URL tells whether a target is production: correct or unset it',
    )
  })

  test('is told together with what else is wrong, each thing once', () => {
    const both = {...env, PGPORT: 'x', CONNECTION_URL: 'postgres://u:p?w@h/d'}
    expect(problemsOf(() => localTarget(both))).toEqual([
      'CONNECTION_URL: the password holds "?": write %3F',
      'PGPORT must be a number from 1 to 65535',
      problem,
    ])
  })

  test('is a warning for the embedded server', () => {
    expect(embedded(env)).toMatchObject({production: false, warnings: [problem]})
  })

  test('does not stop others by a file or a setting that only --prod needs', () => {
    const prod = {PROD_CONNECTION_URL: 'postgres://p/d?sslrootcert=/no.pem&sslmode=odd'}
    expect(localTarget({...prod, CONNECTION_URL: 'postgres://h/d'}).production).toBe(false)
    expect(problemsOf(() => prodTarget(prod))).toHaveLength(2)
  })
})

describe('the embedded server', () => {
  test('is a whole target, untouched by the variables of libpq', () => {
    const env = {
      PGHOST: 'h',
      PGUSER: 'u',
      PGPASSWORD: 'x',
      PGSSLMODE: 'require',
      PGOPTIONS: '-c a=b',
    }
    const target = embedded(env, 5433)
    expect(target).toMatchObject({
      name: 'embedded',
      production: false,
      hosts: [{host: '127.0.0.1', port: 5433}],
      database: 'cruddur',
      user: 'postgres',
      tls: {mode: 'disable'},
      options: undefined,
      connectTimeoutMs: 10_000,
      warnings: [],
    })
    expect(target.password?.reveal()).toBe('password')
  })

  test('is production where PROD_CONNECTION_URL names it', () => {
    const env = {PROD_CONNECTION_URL: 'postgres://localhost:5433/cruddur'}
    expect(embedded(env, 5433).production).toBe(true)
    expect(embedded(env, 5432).production).toBe(false)
  })
})

describe('a target as it is shown', () => {
  test.each([
    ['postgres://postgres:secret@localhost/cruddur', 'postgres@localhost:5432/cruddur'],
    ['postgres://u:secret@h1:1,[::1]:2/d', 'u@h1:1,[::1]:2/d'],
    ['postgres://u:secret@%2Ftmp/d', 'u@/tmp:5432/d'],
    ['postgres://u%1B[2J@h/d%E2%80%AE', 'u\\x1b[2J@h:5432/d\\u202e'],
    ['postgres://h/it%27s%20a%20"d"', 'andrew@h:5432/it\'s a "d"'],
  ])('%s: %s', (url, shown) => {
    expect(describeTarget(targetOf(url))).toBe(shown)
  })

  test('as JSON has the fields of the contract and no password', () => {
    expect(targetJson(targetOf('postgres://u:secret@h1:1,h2:2/d'))).toEqual({
      name: 'url',
      production: false,
      host: 'h1,h2',
      port: 1,
      database: 'd',
      user: 'u',
    })
  })

  test('has no password in any print of the object itself', () => {
    expect(JSON.stringify(targetOf('postgres://u:secret@h/d?sslpassword=secret'))).not.toContain(
      'secret',
    )
  })
})
