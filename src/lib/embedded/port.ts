import {chmod, readFile, rename, writeFile} from 'node:fs/promises'
import {connect, createServer} from 'node:net'
import {join} from 'node:path'
import {CruddurError} from '../error.js'
import {EMBEDDED_HOST} from './credentials.js'
import {withTemporary} from './temporary.js'

/** PostgreSQL's own. */
const DEFAULT_PORT = 5432

/** How many ports in a row may be taken before the search ends. */
const SEARCHED = 100

/** The port the server of `home` had last, else 5432. */
export async function preferredPort(home: string): Promise<number> {
  const text = await readFile(join(home, 'port'), 'utf8').catch(() => '')
  const port = /^\d{1,5}$/.test(text.trim()) ? Number(text) : 0
  return port >= 1024 && port <= 65535 ? port : DEFAULT_PORT
}

/** Keeps `port` for the next start, so that URLs people wrote down stay right. */
export async function rememberPort(home: string, port: number): Promise<void> {
  const text = `${port}\n`
  const path = join(home, 'port')
  if ((await readFile(path, 'utf8').catch(() => '')) === text) return
  await withTemporary(home, async (folder) => {
    const written = join(folder, 'port')
    await writeFile(written, text)
    await chmod(written, 0o644)
    await rename(written, path)
  })
}

/**
 * `first`, or the next port above that nothing listens on.
 *
 * @throws CruddurError `EMBEDDED_NO_PORT`
 */
export async function nextFreePort(first: number): Promise<number> {
  const last = Math.min(first + SEARCHED, 65535)
  for (let port = first; port <= last; port++) {
    if (await isFree(port)) return port
  }
  throw new CruddurError(
    'EMBEDDED_NO_PORT',
    `no port is free on ${EMBEDDED_HOST} between ${first} and ${last}`,
    {
      hint: 'stop what listens there, or set CONNECTION_URL',
    },
  )
}

// Some systems let a program listen on 127.0.0.1 beside one that listens on every address, so both questions are asked.
async function isFree(port: number): Promise<boolean> {
  return !(await answers(port)) && (await canListen(port))
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({host: EMBEDDED_HOST, port, timeout: 1000})
    const settle = (answer: boolean) => () => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', settle(true)).once('timeout', settle(true)).once('error', settle(false))
  })
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({host: EMBEDDED_HOST, port, exclusive: true}, () =>
      server.close(() => resolve(true)),
    )
  })
}
