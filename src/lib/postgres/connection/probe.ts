import {connect as connectSocket} from 'node:net'
import {abortable} from '../../abortable.js'
import type {HostAddress, Target} from '../../target/target.js'
import {type ConnectOptions, SILENCE_MS} from './connect.js'
import {connectError} from './errors.js'

function timedOut(): Error {
  return Object.assign(new Error('timeout expired'), {code: 'ETIMEDOUT'})
}

function openSocket({address, host, port}: HostAddress, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket(port, address ?? host)
    socket.setTimeout(timeoutMs, () => socket.destroy(timedOut()))
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.destroy()
      resolve()
    })
  })
}

/**
 * Sees whether one of the target's hosts takes TCP connections, for a program that would wait without a word.
 *
 * @throws CruddurError as a connection does: CONNECT_TIMEOUT, SERVER_REFUSED, HOST_NOT_FOUND, …
 */
export async function probe(target: Target, options: ConnectOptions): Promise<void> {
  const {onSilence, signal} = options
  const silence = onSilence && setTimeout(onSilence, SILENCE_MS)
  const attempts = target.hosts.map((host) => openSocket(host, target.connectTimeoutMs))
  try {
    await abortable(Promise.any(attempts), signal)
  } catch (error) {
    signal?.throwIfAborted()
    throw connectError(error, target)
  } finally {
    clearTimeout(silence)
  }
}
