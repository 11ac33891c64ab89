import {type AddressInfo, connect, createServer, type Socket} from 'node:net'

/** What is done to connections that come later. */
type Later = 'through' | 'cut' | 'frozen'

export interface Relay {
  port: number
  /** Connections taken so far. */
  taken: () => number
  /** Ends all connections with a reset. */
  cut: (later?: Later) => void
  /** Lets nothing through any more, both ways, while the connections stay open. */
  freeze: (later?: Later) => void
  /** Lets through what comes from now on; what is frozen ends, as when its other end finds out. */
  mend: () => void
  close: () => void
}

/** A chunk passes after `ms`, in order. */
function pass(from: Socket, to: Socket, ms: number): void {
  from.on('data', (chunk) => {
    const write = (): void => {
      if (!to.write(chunk)) from.pause()
    }
    if (ms > 0) setTimeout(write, ms)
    else write()
  })
  to.on('drain', () => from.resume())
  from.on('end', () => setTimeout(() => to.end(), ms))
  from.on('close', () => setTimeout(() => to.destroy(), ms + 50))
}

/**
 * Stands between program and server, and does to their connections what networks do.
 *
 * @param server where it leads to
 * @param options.delayMs how long each way takes; 0 unless told
 */
export async function openRelay(
  server: {host?: string; port: number},
  {delayMs = 0}: {delayMs?: number} = {},
): Promise<Relay> {
  const pairs = new Set<[Socket, Socket | undefined]>()
  let state: Later = 'through'
  let taken = 0
  const listener = createServer((socket) => {
    taken += 1
    socket.on('error', () => {})
    if (state === 'cut') return socket.resetAndDestroy()
    if (state === 'frozen') {
      pairs.add([socket.pause(), undefined])
      return undefined
    }
    const onward = connect(server.port, server.host ?? '127.0.0.1').on('error', () => {})
    socket.setNoDelay(true)
    onward.setNoDelay(true)
    pass(socket, onward, delayMs)
    pass(onward, socket, delayMs)
    pairs.add([socket, onward])
    return undefined
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const sockets = (): Socket[] => [...pairs].flat().filter((socket) => socket !== undefined)
  return {
    port: (listener.address() as AddressInfo).port,
    taken: () => taken,
    cut: (later = 'through') => {
      state = later
      for (const socket of sockets()) socket.resetAndDestroy()
    },
    freeze: (later = 'through') => {
      state = later
      for (const socket of sockets()) {
        socket.removeAllListeners('data').removeAllListeners('drain').removeAllListeners('close')
        socket.pause()
      }
    },
    mend: () => {
      state = 'through'
      for (const socket of sockets()) socket.destroy()
    },
    close: () => {
      listener.close()
      for (const socket of sockets()) socket.destroy()
    },
  }
}
