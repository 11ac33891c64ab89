import {mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import type {Facts} from '../../../../src/lib/doctor/facts.js'
import {judgeNode, programChecks} from '../../../../src/lib/doctor/outer/program.js'

describe('Node', () => {
  test.each([
    [
      '20.19.0',
      '2026-01-31',
      'ok',
      'Node.js 20.19.0, which is maintained until 2026-04-30',
      undefined,
    ],
    [
      '20.20.2',
      '2026-04-30',
      'warn',
      'Node.js 20.20.2 has had no security fixes since 2026-04-30',
      24,
    ],
    ['20.18.9', '2026-01-31', 'fail', 'Node.js 20.18.9 is too old: 20.19.0 is the least', 24],
    ['18.20.8', '2026-12-01', 'fail', 'Node.js 18.20.8 is too old: 20.19.0 is the least', 26],
    [
      '22.0.0',
      '2026-12-01',
      'ok',
      'Node.js 22.0.0, which is maintained until 2027-04-30',
      undefined,
    ],
    [
      '23.1.0',
      '2026-01-01',
      'warn',
      'Node.js 23.1.0 has had no security fixes since 2025-06-01',
      24,
    ],
    ['40.0.0', '2030-01-01', 'ok', 'Node.js 40.0.0', undefined],
  ])('%s on %s: %s', (version, today, status, message, better) => {
    const fix = `install Node.js ${better} (https://nodejs.org)`
    expect(judgeNode(version, '20.19.0', today)).toEqual(
      better === undefined ? {status, message} : {status, message, fix},
    )
  })
})

describe('the package', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'cruddur-db-package-'))
    for (const folder of ['dist', 'db']) mkdirSync(join(root, folder))
    for (const file of ['dist/main.js', 'db/schema.sql', 'db/seed.sql', 'oclif.manifest.json'])
      writeFileSync(join(root, file), '')
    const about = {version: '1.2.3', engines: {node: '>=20.19'}}
    writeFileSync(join(root, 'package.json'), JSON.stringify(about))
  })
  afterEach(() => rmSync(root, {recursive: true}))

  const look = () => {
    const check = programChecks.find(({name}) => name === 'package')
    return check?.run({packageRoot: root} as Facts, new AbortController().signal)
  }

  test('that is complete is named with its version', async () => {
    expect(await look()).toEqual({status: 'ok', message: `cruddur-db 1.2.3 in ${root}`})
  })

  test('of which something is missing is installed anew', async () => {
    rmSync(join(root, 'db/seed.sql'))
    expect(await look()).toEqual({
      status: 'fail',
      message: `${root} is not complete: db/seed.sql is missing`,
      fix: 'install cruddur-db anew: npm ci',
    })
  })

  test('in a checkout that was changed after the build is to be built', async () => {
    mkdirSync(join(root, 'src', 'lib'), {recursive: true})
    const source = join(root, 'src', 'lib', 'error.ts')
    writeFileSync(source, '')
    utimesSync(source, new Date(), new Date(Date.now() - 60_000))
    expect(await look()).toMatchObject({status: 'ok'})
    utimesSync(source, new Date(), new Date(Date.now() + 60_000))
    expect(await look()).toEqual({
      status: 'warn',
      message: `what runs is older than its source: ${source} was changed after the build`,
      fix: `cd ${root} && npm run build`,
    })
  })
})
