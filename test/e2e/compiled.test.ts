import {execFileSync, spawn} from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeEach, describe, expect, test} from 'vitest'
import {ended, packageRoot, programCommand, runProgram} from '../support/program.js'

/** Tells at the process's end how many files V8 had compiled before, and how many it had not, or not like that. */
const HOOK = `
const vm = require('node:vm')
const results = []
vm.Script = class extends vm.Script {
  constructor(...args) {
    super(...args)
    results.push(this.cachedDataRejected)
  }
}
process.on('exit', () => require('node:fs').writeFileSync(process.env.SEEN, JSON.stringify({
  known: results.filter((rejected) => rejected === false).length,
  unknown: results.filter((rejected) => rejected !== false).length,
})))
`

const base = mkdtempSync(join(tmpdir(), 'cruddur-db-compiled-'))
const hook = join(base, 'hook.cjs')
writeFileSync(hook, HOOK)
afterAll(() => rmSync(base, {recursive: true, force: true}))

let cache: string
let folder: string

beforeEach(() => {
  cache = mkdtempSync(join(base, 'cache-'))
  folder = join(cache, 'cruddur-db', 'compiled', `${process.version}-${process.arch}`)
})

async function run(args: string[] = ['--version'], env: Record<string, string> = {}) {
  const seen = join(base, 'seen')
  const options = {NODE_OPTIONS: `--require ${JSON.stringify(hook)}`, SEEN: seen}
  const result = await runProgram(args, {env: {XDG_CACHE_HOME: cache, ...options, ...env}})
  const {known, unknown} = JSON.parse(readFileSync(seen, 'utf8'))
  return {...result, known, unknown}
}

const kept = (name = 'other') => join(folder, name)
const ran = {code: 0, stderr: '', stdout: expect.stringMatching(/^cruddur-db\/\d/)}
const anew = {...ran, known: 0}
const again = {...ran, known: expect.toSatisfy((n) => n > 3), unknown: 0}

describe('what V8 has compiled', () => {
  test('is known the next time, and not written again', async () => {
    expect(await run()).toMatchObject(anew)
    utimesSync(kept(), 1, 1)
    expect(await run()).toMatchObject(again)
    expect(statSync(kept()).mtimeMs).toBe(1000)
  })

  test('is the user’s alone', async () => {
    await run()
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(statSync(kept()).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder)).toEqual(['other'])
  })

  test('is kept by command, and with what a later run adds', async () => {
    const failing = ['sessions', '--url', 'postgres://u:p@127.0.0.1:1/d']
    const help = await run(['sessions', '--help'])
    expect(help).toMatchObject({code: 0, known: 0})
    const first = await run(failing)
    expect(first).toMatchObject({code: 3, stderr: expect.stringContaining('127.0.0.1:1')})
    expect(await run(failing)).toMatchObject({code: 3, stderr: first.stderr, unknown: 0})
    expect(readdirSync(folder).sort()).toEqual(['other', 'sessions'])
  })

  test('leaves no file behind for a command there is not', async () => {
    for (const name of ['no-such-command', '..', 'a/b']) await run([name])
    expect(readdirSync(folder)).toEqual(['other'])
    expect(readdirSync(join(cache, 'cruddur-db'))).toEqual(['compiled'])
  })
})

describe('what is kept is not used, and replaced, where', () => {
  test.each<[string, () => void]>([
    ['others may write it', () => chmodSync(kept(), 0o622)],
    ['it is of another program', () => writeFileSync(kept(), 'hello')],
    ['it is empty', () => writeFileSync(kept(), '')],
    ['it is cut off', () => writeFileSync(kept(), readFileSync(kept()).subarray(0, 300))],
    ['it is of another build', () => edit((text) => text.replace('"origin":"', '"origin":"x'))],
  ])('%s', async (_, spoil) => {
    await run()
    spoil()
    expect(await run()).toMatchObject(anew)
    expect(await run()).toMatchObject(again)
  })

  test('it is a pipe', async () => {
    await run()
    rmSync(kept())
    execFileSync('mkfifo', [kept()])
    expect(await run()).toMatchObject(anew)
    expect(await run()).toMatchObject(again)
  })

  test('V8 does not know it', async () => {
    await run()
    const bytes = readFileSync(kept())
    writeFileSync(kept(), bytes.fill(0, bytes.indexOf('\n') + 1))
    expect(await run()).toMatchObject(anew)
    expect(await run()).toMatchObject(again)
  })

  test.skipIf(process.getuid?.() !== 0)('somebody else owns it', async () => {
    await run()
    chownSync(kept(), 65534, 65534)
    expect(await run()).toMatchObject(anew)
    expect(await run()).toMatchObject(again)
  })
})

/** Tells from where in the program what it writes is written. */
const TRACE = `
const write = process.stdout.write
process.stdout.write = function (...args) {
  require('node:fs').writeFileSync(process.env.TRACE, new Error().stack)
  return write.apply(this, args)
}
`

describe('a copy of the package in another folder', () => {
  const tracer = join(base, 'tracer.cjs')
  writeFileSync(tracer, TRACE)

  function copy(): string {
    const root = mkdtempSync(join(base, 'package-'))
    for (const name of ['bin', 'dist', 'oclif.manifest.json', 'package.json']) {
      cpSync(join(packageRoot, name), join(root, name), {recursive: true})
    }
    return root
  }

  /** Runs the copy; the files that a stack trace names. */
  async function runCopy(root: string) {
    const [seen, trace] = [join(base, 'seen'), join(base, 'trace')]
    const hooks = [hook, tracer].map((path) => `--require ${JSON.stringify(path)}`).join(' ')
    const env = {XDG_CACHE_HOME: cache, NODE_OPTIONS: hooks, SEEN: seen, TRACE: trace}
    const {file, options} = programCommand([], {env})
    const child = spawn(file, [join(root, 'bin', 'run.js'), '--version'], options)
    child.stdin.end()
    const result = await ended(child)
    const files = [...readFileSync(trace, 'utf8').matchAll(/(?<=[( ])\/[^():]+/g)].map(String)
    const own = files.filter((path) => path.includes(`${base}/package-`))
    return {...result, ...JSON.parse(readFileSync(seen, 'utf8')), own}
  }

  test('does not use what was compiled for the first one, and calls its files by where they are', async () => {
    const [first, second] = [copy(), copy()]
    const within = (root: string) => ({
      own: expect.toSatisfy(
        (paths: string[]) => paths.length > 0 && paths.every((path) => path.startsWith(root)),
      ),
    })
    expect(await runCopy(first)).toMatchObject({...anew, ...within(first)})
    expect(await runCopy(first)).toMatchObject({...again, ...within(first)})
    expect(await runCopy(second)).toMatchObject({...anew, ...within(second)})
    expect(await runCopy(second)).toMatchObject({...again, ...within(second)})
    expect(await runCopy(first)).toMatchObject({...anew, ...within(first)})
  })
})

function edit(change: (text: string) => string): void {
  writeFileSync(kept(), change(readFileSync(kept(), 'latin1')), 'latin1')
}

describe('nothing is kept, and nothing said of it, where', () => {
  test('a file is in the way', async () => {
    writeFileSync(join(cache, 'cruddur-db'), '')
    expect(await run()).toMatchObject(anew)
    expect(await run()).toMatchObject(anew)
  })

  test.each([['relative'], ['/proc/none'], ['/dev/null']])(
    'XDG_CACHE_HOME is %s',
    async (value) => {
      expect(await run(['--version'], {XDG_CACHE_HOME: value})).toMatchObject(anew)
    },
  )

  test.skipIf(process.getuid?.() !== 0)('the folder is another user’s', async () => {
    chownSync(cache, 65534, 65534)
    expect(await run()).toMatchObject(anew)
    expect(readdirSync(cache)).toEqual([])
  })

  test('the folder may not be written', async () => {
    mkdirSync(folder, {recursive: true})
    chmodSync(folder, 0o500)
    expect(await run()).toMatchObject(ran)
  })

  test.each([['NODE_DISABLE_COMPILE_CACHE'], ['NODE_V8_COVERAGE']])('%s is set', async (name) => {
    expect(await run(['--version'], {[name]: join(base, 'coverage')})).toMatchObject(anew)
    expect(readdirSync(cache)).toEqual([])
  })
})
