import {spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {open, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {describe, expect, test} from 'vitest'
import {openSqlFile} from '../../../src/lib/sql/file.js'
import {readPipe, rereadable} from '../../../src/lib/sql/pipe.js'
import {runModule} from './parts.js'
import {withFolder} from './support.js'

const MB = 1024 * 1024

async function contentOf(chunks: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all).toString()
}

/** Runs `fn` with a named pipe of its own. */
const withPipe = async (fn: (path: string, folder: string) => Promise<void>) =>
  await withFolder(async (folder) => {
    const path = join(folder, 'pipe.sql')
    if (spawnSync('mkfifo', [path]).status !== 0) throw new Error('mkfifo failed')
    await fn(path, folder)
  })

describe('a pipe that is held', () => {
  const size = (chunks: number) => chunks * MB
  /** A pipe of so many chunks of 1 MB, and how many were taken. */
  const pipeOf = (count: number) => {
    const taken = {chunks: 0, closed: false}
    const chunks = async function* () {
      try {
        for (; taken.chunks < count; taken.chunks++) yield Buffer.alloc(MB, taken.chunks)
      } finally {
        taken.closed = true
      }
    }
    return {taken, chunks: chunks()}
  }
  const firstBytes = async (chunks: AsyncIterable<Buffer>) => {
    const bytes: number[] = []
    for await (const chunk of chunks) bytes.push(chunk[0] ?? -1)
    return bytes
  }
  const upTo = (count: number) => Array.from({length: count}, (_, index) => index)

  test.each([0, 1, 15])('of %d MB has a size and can be read again and again', async (count) => {
    const {chunks} = pipeOf(count)
    const {size: found, read} = await rereadable(chunks, undefined)
    expect(found).toBe(size(count))
    for (let round = 0; round < 3; round++) expect(await firstBytes(read())).toEqual(upTo(count))
  })

  test('one read of it may be given up', async () => {
    const {read} = await rereadable(pipeOf(3).chunks, undefined)
    for await (const _ of read()) break
    expect(await firstBytes(read())).toEqual(upTo(3))
  })

  test.each([16, 17, 40])('of %d MB has no size, and is read once, in order', async (count) => {
    const {chunks, taken} = pipeOf(count)
    const {size: found, read} = await rereadable(chunks, undefined)
    expect(found).toBeUndefined()
    expect(taken.chunks).toBeLessThanOrEqual(16)
    expect(await firstBytes(read())).toEqual(upTo(count))
    expect(taken.closed).toBe(true)
  })

  test('is closed when reading on is given up', async () => {
    const {chunks, taken} = pipeOf(40)
    const {read} = await rereadable(chunks, undefined)
    const reading = read()
    for (let chunk = 0; chunk < 20; chunk++) await reading.next()
    await reading.return(undefined)
    expect(taken).toEqual({chunks: 19, closed: true})
  })

  test('fails with what it fails with, when it is held and behind that', async () => {
    const failing = async function* (chunks: number) {
      for (let count = 0; count < chunks; count++) yield Buffer.alloc(MB)
      throw new Error('EIO')
    }
    await expect(rereadable(failing(3), undefined)).rejects.toThrow('EIO')
    const {read} = await rereadable(failing(20), undefined)
    await expect(contentOf(read())).rejects.toThrow('EIO')
  })

  test('is given up at once with the signal', async () => {
    const stop = new AbortController()
    const chunks = async function* () {
      yield Buffer.from('SELECT 1;')
      await new Promise(() => {})
    }
    const held = rereadable(chunks(), stop.signal)
    const reason = new Error('enough')
    stop.abort(reason)
    await expect(held).rejects.toBe(reason)
  })
})

describe.skipIf(process.platform === 'win32')('a named pipe', () => {
  test('waits for its writer', async () => {
    await withPipe(async (path) => {
      const content = contentOf(readPipe(path))
      // Twice as long as it takes to look again.
      const late = spawn('sh', ['-c', `sleep 0.2; printf 'SELECT 1;' > ${path}`])
      expect(await content).toBe('SELECT 1;')
      await once(late, 'close')
    })
  })

  test('takes what its writer sends in pieces, to the end', async () => {
    await withPipe(async (path) => {
      const writer = spawn('sh', [
        '-c',
        `exec > ${path}; printf 'SEL'; sleep 0.15; printf 'ECT'; sleep 0.15; printf ' 1;'`,
      ])
      expect(await contentOf(readPipe(path))).toBe('SELECT 1;')
      await once(writer, 'close')
    })
  })

  test('of a writer that was there before, and of 3 MB', async () => {
    await withPipe(async (path) => {
      const text = 'SELECT 1;\n'.repeat(300_000)
      const written = writeFile(path, text)
      expect((await contentOf(readPipe(path))) === text).toBe(true)
      await written
    })
  })

  test('goes to openSqlFile, packed too, and has no id', async () => {
    await withPipe(async (path, cwd) => {
      for (const content of ['SELECT 1;', gzipSync('SELECT 1;')]) {
        const written = writeFile(path, content)
        const file = await openSqlFile('pipe.sql', {cwd})
        await written
        expect(file).toMatchObject({path: 'pipe.sql', folder: cwd, id: undefined})
        expect(file.size).toBe(content.length)
        for (let round = 0; round < 2; round++) {
          let read = 0
          const counted = file.read((bytes) => {
            read += bytes
          })
          expect(await contentOf(counted)).toBe('SELECT 1;')
          expect(read).toBe(content.length)
        }
      }
    })
  })

  test.each<[string, unknown]>([
    ['an error', new Error('enough')],
    ['an abort without a reason', undefined],
  ])(
    'to which nobody writes is given up at once with the reason of the signal: %s',
    async (_, given) => {
      await withPipe(async (_path, cwd) => {
        const stop = new AbortController()
        const opened = openSqlFile('pipe.sql', {cwd, signal: stop.signal})
        await new Promise((resolve) => setImmediate(resolve))
        stop.abort(given)
        const reason: unknown = await opened.catch((error: unknown) => error)
        expect(reason).toBe(stop.signal.reason)
      })
    },
  )

  test('whose writer is silent is given up at once with the reason of the signal', async () => {
    await withPipe(async (path, cwd) => {
      const writer = spawn('sh', ['-c', `exec > ${path}; sleep 60`])
      const stop = new AbortController()
      const opened = openSqlFile('pipe.sql', {cwd, signal: stop.signal})
      const reason = new Error('enough')
      stop.abort(reason)
      const result: unknown = await opened.catch((error: unknown) => error)
      writer.kill()
      expect(result).toBe(reason)
    })
  })

  test('does not break the pipe of its writer, however often one comes', async () => {
    await withPipe(async (path) => {
      for (let round = 0; round < 20; round++) {
        const content = contentOf(readPipe(path))
        // At another moment between two looks for a writer each time.
        await new Promise((resolve) => setTimeout(resolve, (round * 7) % 60))
        const writer = spawn('sh', ['-c', `printf 'SELECT ${round};' > ${path}`])
        const [code, signal] = (await once(writer, 'close')) as [number | null, string | null]
        expect({code, signal, content: await content}).toEqual({
          code: 0,
          signal: null,
          content: `SELECT ${round};`,
        })
      }
    })
  })
})

describe.skipIf(process.platform !== 'linux')('a pipe of the shell, as of <(…)', () => {
  /** The pipe as descriptor 3 of a child, whose writer runs `script`. */
  const readInherited = (script: string) => {
    const source = `
      const {openSqlFile} = await import(library + 'file.ts')
      const file = await openSqlFile('/dev/fd/3', {cwd: '/'})
      let text = ''
      for await (const chunk of file.read()) text += chunk
      console.log(JSON.stringify({text, size: file.size, path: file.path}))
    `
    return runModule(source, {shell: (command) => `${command} 3< <(${script})`})
  }

  test('is read to its end', async () => {
    const {stdout} = await readInherited("sleep 0.2; printf 'SELECT 1;'")
    expect(JSON.parse(stdout)).toEqual({text: 'SELECT 1;', size: 9, path: 'dev/fd/3'})
  })

  test('into which nothing is written is empty, and is not waited for', async () => {
    const {stdout} = await readInherited('sleep 0.1')
    expect(JSON.parse(stdout)).toEqual({text: '', size: 0, path: 'dev/fd/3'})
  })
})

describe('standard input', () => {
  const READ = (name: string) => `
    const {openSqlFile} = await import(library + 'file.ts')
    const file = await openSqlFile(${JSON.stringify(name)}, {cwd: process.cwd()})
    let text = ''
    for await (const chunk of file.read()) text += chunk
    const length = text.length
    console.log(JSON.stringify({start: text.slice(0, 20), length, size: file.size, path: file.path}))
  `

  test.each(['-', '/dev/stdin', '/dev/fd/0'])('is read by %s', async (name) => {
    if (name !== '-' && process.platform === 'win32') return
    const {stdout} = await runModule(READ(name), {input: 'SELECT 1;'})
    const path = name === '-' ? '<stdin>' : name
    expect(JSON.parse(stdout)).toEqual({start: 'SELECT 1;', length: 9, size: 9, path})
  })

  test('is read when it is a file', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'x.sql')
      await writeFile(path, 'SELECT 1;')
      for (const name of ['-', '/dev/stdin']) {
        const {stdout} = await runModule(READ(name), {shell: (command) => `${command} < ${path}`})
        expect(JSON.parse(stdout)).toMatchObject({start: 'SELECT 1;', size: 9})
      }
    })
  })

  test('is empty when it is /dev/null, or closed', async () => {
    for (const redirection of ['< /dev/null', '<&-']) {
      const {stdout} = await runModule(READ('-'), {shell: (command) => `${command} ${redirection}`})
      expect(JSON.parse(stdout), redirection).toMatchObject({length: 0, size: 0})
    }
  })

  test('of 20 MB is read whole', async () => {
    const {stdout} = await runModule(READ('-'), {input: Buffer.alloc(20 * MB, 'SELECT 1; ')})
    expect(JSON.parse(stdout)).toEqual({
      start: 'SELECT 1; SELECT 1; ',
      length: 20 * MB,
      path: '<stdin>',
    })
  })
})

test.skipIf(process.platform === 'win32')('/dev/null is an empty file', async () => {
  const file = await openSqlFile('/dev/null', {cwd: '/'})
  expect(file.size).toBe(0)
  expect(await contentOf(file.read())).toBe('')
})

describe('a process that gives up waiting for a pipe can end', () => {
  const GIVE_UP = (name: string, end: string) => `
    const {openSqlFile} = await import(library + 'file.ts')
    const stop = new AbortController()
    const reason = new Error('enough')
    setTimeout(() => stop.abort(reason), 100)
    const error = await openSqlFile(${JSON.stringify(name)}, {cwd: '/', signal: stop.signal}).catch((error) => error)
    console.log(String(error))
    ${end}
  `
  const ENDS: [string, string][] = [
    ['by process.exit', 'process.exit(7)'],
    ['by itself', 'process.exitCode = 7'],
  ]

  test.each(ENDS)('standard input that stays open: %s', async (_, end) => {
    const {code, stdout} = await runModule(GIVE_UP('-', end), {openInput: true, ms: 5000})
    expect({code, stdout}).toEqual({code: 7, stdout: 'Error: enough\n'})
  })

  test.skipIf(process.platform === 'win32').each(ENDS)(
    'a named pipe without a writer: %s',
    async (_, end) => {
      await withPipe(async (path) => {
        const {code, stdout} = await runModule(GIVE_UP(path, end), {ms: 5000})
        expect({code, stdout: stdout.includes('enough')}).toEqual({code: 7, stdout: true})
      })
    },
  )

  test.skipIf(process.platform === 'win32').each(ENDS)(
    'a named pipe with a silent writer: %s',
    async (_, end) => {
      await withPipe(async (path) => {
        const holder = await open(path, 'r+')
        const {code, stdout} = await runModule(GIVE_UP(path, end), {ms: 5000})
        await holder.close()
        expect({code, stdout: stdout.includes('enough')}).toEqual({code: 7, stdout: true})
      })
    },
  )
})
