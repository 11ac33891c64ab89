import {type AddressInfo, connect, createServer, type Socket} from 'node:net'
import {frontendReader} from '../support/frontend.js'

/** A way to the server on which what is said can be waited for, held up and cut off. */
export interface Tap {
  port: number
  /** Has the next message of a client that matches wait until `act` is done; returns when that is so. */
  at: (message: RegExp, act: (link: Link) => Promise<void> | void) => Promise<void>
  /** The same with what the server answers to such a message. */
  afterwards: (message: RegExp, act: (link: Link) => Promise<void> | void) => Promise<void>
  /** Acts when the nth connection from now on (the first is 1) is made, before anything of it is passed on. */
  atConnection: (nth: number, act: (link: Link) => Promise<void> | void) => Promise<void>
  /** Holds the next message of a client that matches; returns when it has come. */
  hold: (message: RegExp) => Promise<() => void>
  /** Returns when somebody has looked for the server from now on and found none. */
  refused: () => Promise<void>
  close: () => void
}

/** One connection of a client. */
export interface Link {
  /** Ends it on both sides, on the client's by a reset. */
  cut: () => void
}

interface Watch {
  message: RegExp
  answer: boolean
  act: (link: Link) => Promise<void>
}

/** @param upstream URL of the server */
export async function openTap(upstream: string): Promise<Tap> {
  const {hostname, port} = new URL(upstream)
  const watches = new Set<Watch>()
  const arrivals: ((link: Link) => Promise<void>)[] = []
  const refusals = new Set<() => void>()
  const sockets = new Set<Socket>()
  const keep = (socket: Socket): Socket => {
    sockets.add(socket.on('error', () => {}))
    return socket.once('close', () => sockets.delete(socket))
  }

  const server = createServer((client) => {
    const target = keep(connect(Number(port || 5432), hostname))
    keep(client)
    const link: Link = {
      cut: () => {
        client.resetAndDestroy()
        target.destroy()
      },
    }
    const answered: Watch['act'][] = []
    // Whoever goes away while it is held up has said nothing.
    let held = false
    const holding = (act: Promise<void> | undefined): Promise<void> => {
      held = act !== undefined
      return Promise.resolve(act).finally(() => {
        held = false
      })
    }
    client.once('close', () => {
      if (held) target.destroy()
      // A reset is no end.
      else void requests.then(() => target.end())
    })
    let requests = holding(arrivals.shift()?.(link))
    let answers = Promise.resolve()
    const pass = async (message: Buffer): Promise<void> => {
      for (const watch of watches) {
        if (!watch.message.test(message.toString('latin1'))) continue
        watches.delete(watch)
        if (watch.answer) answered.push(watch.act)
        else await holding(watch.act(link))
      }
      target.write(message)
    }
    // What was sent together can be held up one by one.
    const read = frontendReader()
    client.on('data', (chunk) => {
      for (const {bytes} of read(chunk)) requests = requests.then(() => pass(bytes))
    })
    target.on('data', (chunk) => {
      const acts = answered.splice(0)
      answers = answers.then(async () => {
        for (const act of acts) await act(link)
        client.write(chunk)
      })
    })
    client.on('end', () => void requests.then(() => target.end()))
    target.on('end', () => void answers.then(() => client.end()))
    // A server that is gone, or was never there, is that to the client too: else it would wait for an answer.
    target.once('error', ({code}: NodeJS.ErrnoException) => {
      void answers.then(() => client.resetAndDestroy())
      if (code !== 'ECONNREFUSED') return
      for (const tell of refusals) tell()
      refusals.clear()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  const watch = (message: RegExp, answer: boolean, act: Parameters<Tap['at']>[1]) =>
    new Promise<void>((resolve) => {
      watches.add({message, answer, act: async (link) => resolve(await act(link))})
    })
  return {
    hold: (message) =>
      new Promise((reached) => {
        const act = () => new Promise<void>((release) => reached(release))
        void watch(message, false, act)
      }),
    port: (server.address() as AddressInfo).port,
    refused: () => new Promise((resolve) => refusals.add(resolve)),
    at: (message, act) => watch(message, false, act),
    afterwards: (message, act) => watch(message, true, act),
    atConnection: (nth, act) =>
      new Promise((resolve) => {
        while (arrivals.length < nth - 1) arrivals.push(async () => {})
        arrivals.push(async (link) => resolve(await act(link)))
      }),
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
