// A slow link, as a process of its own: `fork(relay, [HOST, PORT, DELAY_MS])` answers with its port and passes
// on what it is sent after DELAY_MS, in both directions, in order, at any rate.
//
// With `handshake` behind the delay a new connection takes a round trip too. In a network a client can send
// nothing before the server's side has answered (SYN, SYN-ACK); here the system answers at once. So whatever
// the client sends earlier than a round trip after it was accepted passes for sent at that moment.
import {type AddressInfo, connect, createServer, type Socket} from 'node:net'

interface Parcel {
  /** performance.now() at which it is passed on. */
  due: number
  from: Socket
  to: Socket
  /** undefined: the sender has ended. */
  chunk: Buffer | undefined
}

const [host = '', port = '', delay = '', handshake] = process.argv.slice(2)
const delayMs = Number(delay)
const connectMs = handshake === 'handshake' ? 2 * delayMs : 0

/** More unsent bytes than this, and the sender waits. */
const MOST_WAITING = 1024 * 1024

// setTimeout is off by up to a millisecond. Naps of 50 µs are not, and leave the processor to those who race;
// the last bit is spent turning the event loop.
const NAP_MS = 0.05
const SHORTEST_WAIT_MS = 0.2
const never = new Int32Array(new SharedArrayBuffer(4))

/** Both directions of all connections, the first due first. */
const parcels: Parcel[] = []
let ticking = false

const server = createServer({allowHalfOpen: true, noDelay: true}, (near) => {
  const far = connect({host, port: Number(port), allowHalfOpen: true, noDelay: true})
  pass(near, far, performance.now() + connectMs)
  pass(far, near)
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit())

/** @param connected performance.now() from which on something can be sent */
function pass(from: Socket, to: Socket, connected = 0): void {
  const due = () => Math.max(performance.now(), connected) + delayMs
  from.on('data', (chunk: Buffer) => post({due: due(), from, to, chunk}))
  from.on('end', () => post({due: due(), from, to, chunk: undefined}))
  from.on('error', () => to.destroy())
}

function post(parcel: Parcel): void {
  const before = parcels.findLastIndex(({due}) => due <= parcel.due)
  parcels.splice(before + 1, 0, parcel)
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
