// A slow link, as a process of its own: `fork(relay, [HOST, PORT, DELAY_MS])` answers with its port and passes
// on what it is sent after DELAY_MS, in both directions, in order, at any rate.
import {type AddressInfo, connect, createServer, type Socket} from 'node:net'

interface Parcel {
  /** performance.now() at which it is passed on. */
  due: number
  from: Socket
  to: Socket
  /** undefined: the sender has ended. */
  chunk: Buffer | undefined
}

const [host = '', port = '', delay = ''] = process.argv.slice(2)
const delayMs = Number(delay)

/** More unsent bytes than this, and the sender waits. */
const MOST_WAITING = 1024 * 1024

// setTimeout is off by up to a millisecond. Naps of 50 µs are not, and leave the processor to those who race;
// the last bit is spent turning the event loop.
const NAP_MS = 0.05
const SHORTEST_WAIT_MS = 0.2
const never = new Int32Array(new SharedArrayBuffer(4))

/** All are delayed alike, so one queue holds both directions of all connections in order. */
const parcels: Parcel[] = []
let ticking = false

const server = createServer({allowHalfOpen: true, noDelay: true}, (near) => {
  const far = connect({host, port: Number(port), allowHalfOpen: true, noDelay: true})
  pass(near, far)
  pass(far, near)
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit())

function pass(from: Socket, to: Socket): void {
  from.on('data', (chunk: Buffer) => post({due: performance.now() + delayMs, from, to, chunk}))
  from.on('end', () => post({due: performance.now() + delayMs, from, to, chunk: undefined}))
  from.on('error', () => to.destroy())
}

function post(parcel: Parcel): void {
  parcels.push(parcel)
  if (ticking) return
  ticking = true
  setImmediate(tick)
}

function tick(): void {
  const now = performance.now()
  let first = parcels[0]
  while (first && first.due <= now) {
    deliver(first)
    parcels.shift()
    first = parcels[0]
  }
  ticking = first !== undefined
  if (!first) return
  if (first.due - now > SHORTEST_WAIT_MS) Atomics.wait(never, 0, 0, NAP_MS)
  setImmediate(tick)
}

function deliver({from, to, chunk}: Parcel): void {
  if (!chunk) to.end()
  else if (!to.write(chunk) && to.writableLength > MOST_WAITING && !from.isPaused()) {
    from.pause()
    to.once('drain', () => from.resume())
  }
}
