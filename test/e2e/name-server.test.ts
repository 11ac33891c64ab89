import {execFileSync, spawn} from 'node:child_process'
import {randomInt} from 'node:crypto'
import {createSocket, type Socket} from 'node:dgram'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {ended, type ProgramResult, programCommand} from '../support/program.js'

/** Another /etc/resolv.conf for one process takes a mount namespace, and that root. */
function canMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'true'], {stdio: 'ignore'})
    return process.getuid?.() === 0
  } catch {
    return false
  }
}

describe.skipIf(!canMount())('with a name server that does not answer', () => {
  let folder: string
  let server: Socket

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cruddur-db-names-'))
    // An address of this machine that no other test takes.
    const address = `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`
    server = createSocket('udp4')
    await new Promise<void>((resolve) => server.bind(53, address, resolve))
    // Three are as many as glibc asks.
    writeFileSync(join(folder, 'resolv.conf'), `nameserver ${address}\n`.repeat(3))
  })
  afterAll(() => {
    server.close()
    rmSync(folder, {recursive: true, force: true})
  })

  async function run(args: readonly string[]): Promise<ProgramResult & {seconds: number}> {
    const env = {
      AWS_REGION: 'ca-central-1',
      AWS_ACCESS_KEY_ID: 'AKIAFAKEFORTESTS0000',
      AWS_SECRET_ACCESS_KEY: 'secret',
      DB_SG_ID: 'sg-0123456789abcdef0',
      DB_SG_RULE_ID: 'sgr-0123456789abcdef0',
    }
    const program = programCommand(args, {env})
    const script = `mount --bind "$0" /etc/resolv.conf && exec "$@"`
    const own = ['sh', '-c', script, join(folder, 'resolv.conf'), program.file, ...program.args]
    const started = performance.now()
    const result = await ended(spawn('unshare', ['--mount', ...own], program.options))
    return {...result, seconds: (performance.now() - started) / 1000}
  }

  test.concurrent('rds-update-sg-rule ends within 20 s', async () => {
    const {code, seconds, stderr} = await run(['rds-update-sg-rule', '--ip', '203.0.113.9'])
    expect(stderr).toContain('Error: cannot reach EC2 in ca-central-1: ')
    expect(code).toBe(3)
    expect(seconds).toBeLessThan(20)
  })

  // Said after 10 s; the lookup under way then may take 6 more, where it took a minute.
  test.concurrent('a connection to RDS ends soon after the time of an attempt', async () => {
    const url = 'postgres://u@db.abc.ca-central-1.rds.amazonaws.com/d'
    const {code, seconds, stderr} = await run(['sessions', '--url', url])
    expect(stderr).toMatch(/Error: (?:the host name in|no answer from) db\.abc\./)
    expect(code).toBe(3)
    expect(seconds).toBeLessThan(17)
  })
})
