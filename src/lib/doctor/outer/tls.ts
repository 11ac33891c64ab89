import {
  type ConnectionOptions,
  connect,
  type DetailedPeerCertificate,
  type TLSSocket,
} from 'node:tls'
import {instanceAt, renewal} from '../../aws/instance-command.js'
import {CruddurError} from '../../error.js'
import {outdated} from '../../postgres/tls/certificate.js'
import {tlsError} from '../../postgres/tls/tls-errors.js'
import type {Attempt} from '../../postgres/tls/tls-faults.js'
import {tlsOptions} from '../../postgres/tls/tls-options.js'
import {describeHosts} from '../../target/hosts.js'
import {isRdsHost} from '../../target/production.js'
import type {HostAddress, Target} from '../../target/target.js'
import type {Check, Finding} from '../check.js'
import {dayOf} from '../words.js'
import type {OuterFacts} from './facts.js'
import {attemptLimit, NO_SERVER} from './network.js'
import {askForTls} from './protocol.js'
import {attemptMs, happens, isSocketFolder, withSocket} from './socket.js'

/** node-postgres' words, which {@link tlsError} knows. */
const NO_TLS = 'The server does not support SSL connections'

interface Handshake {
  version: string
  certificate: DetailedPeerCertificate
}

/** As the commands do it: asks for TLS, verifies what the mode verifies, and goes. */
async function shakeHands(
  target: Target,
  attempt: Attempt,
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<Handshake> {
  const {host} = attempt
  return withSocket(host, {limitMs: attemptMs(target), signal}, async (socket) => {
    const {direct} = target.tls
    attempt.address = socket.remoteAddress
    if (!direct && (await askForTls(socket)) !== 'S') throw new Error(NO_TLS)
    const secure: TLSSocket = connect({
      ...options,
      socket,
      ...(direct ? {ALPNProtocols: ['postgresql']} : {}),
    })
    // Before Node's own listener, which looks at the certificate and hangs up.
    secure.prependOnceListener('secure', () => {
      attempt.certificate = secure.getPeerCertificate(true)
    })
    try {
      await happens(secure, 'secureConnect')
      return {version: secure.getProtocol() ?? 'TLS', certificate: secure.getPeerCertificate(true)}
    } finally {
      secure.destroy()
    }
  })
}

const SOON_MS = 30 * 86_400_000

/** A certificate that is over, where nobody looks at that, or soon will be, where somebody does. */
function ageProblem(certificate: DetailedPeerCertificate, host: HostAddress): Finding | undefined {
  const where = describeHosts([host])
  const found =
    outdated(certificate, new Date()) ?? outdated(certificate, new Date(Date.now() + SOON_MS))
  if (!found) return undefined
  const whose = found.own
    ? `the certificate of ${where}`
    : `the authority ${found.name} of ${where}`
  const over = found.to.getTime() < Date.now()
  const instance = instanceAt(host)
  return {
    status: 'warn',
    message: `${whose} ${over ? 'expired' : 'expires'} on ${dayOf(found.to)}`,
    fix: instance ? renewal(instance) : 'give the server a new certificate',
  }
}

const VERIFIED: Partial<Record<Target['tls']['mode'], string>> = {
  'verify-ca': 'its authority is verified, its name is not',
  'verify-full': 'its authority and its name are verified',
}

const isVerified = ({tls: {mode}}: Target): boolean => mode === 'verify-full'

/** What a whole certificate would protect against, and how to ask for it. */
function unverified(target: Target, what: string): Finding {
  const {mode} = target.tls
  const rds = target.hosts.some(isRdsHost)
  return {
    status: 'warn',
    message: `${what} (sslmode=${mode}): whoever stands between could read and change what is sent`,
    fix: rds
      ? `remove sslmode=${mode} from the URL`
      : 'write sslmode=verify-full into the URL, with sslrootcert=FILE',
  }
}

function encrypted(target: Target, host: HostAddress, {version, certificate}: Handshake): Finding {
  const aged = ageProblem(certificate, host)
  if (aged) return aged
  const {mode} = target.tls
  const verified = VERIFIED[mode]
  if (target.production && !isVerified(target)) {
    return unverified(
      target,
      `encrypted, but the ${verified ? 'name in the certificate' : 'certificate'} is not verified`,
    )
  }
  const words = verified ?? 'nobody looks at its certificate'
  return {status: 'ok', message: `encrypted (${version}); ${words} (sslmode=${mode})`}
}

function plain(target: Target, why: string): Finding {
  if (target.production) return unverified(target, `not encrypted: ${why}`)
  return {status: 'ok', message: `not encrypted: ${why} (sslmode=${target.tls.mode})`}
}

/** Why there was no handshake; commands go on without TLS where the mode lets them. */
function failed(error: unknown, target: Target, attempt: Attempt): Finding {
  const known = error instanceof CruddurError ? error : tlsError(error, attempt)
  const where = describeHosts([attempt.host])
  const message = known?.message ?? `TLS with ${where} was broken off`
  const fix = known?.details.hint ?? "look into the server's log, which tells its side of it"
  if (target.tls.mode !== 'prefer') return {status: 'fail', message, fix}
  if (known?.data['reason'] === 'not-offered') return plain(target, 'the server has no TLS')
  return {status: 'warn', message: `${message}; commands go on unencrypted (sslmode=prefer)`, fix}
}

export const tlsCheck: Check<OuterFacts> = {
  name: 'tls',
  layer: 'network',
  needs: ['protocol'],
  limitMs: attemptLimit,
  run: async ({reached, target}, signal) => {
    const [host] = reached ?? []
    if (!target || !host) return NO_SERVER
    const {mode} = target.tls
    if (isSocketFolder(host)) return {status: 'ok', message: 'a unix socket needs no encryption'}
    if (mode === 'disable') return plain(target, 'nobody asks for it')
    if (mode === 'allow') return plain(target, 'only a server that insists is spoken to with TLS')
    const attempt: Attempt = {target, host, encryption: 'tls'}
    try {
      const options = await tlsOptions(target, host)
      return encrypted(target, host, await shakeHands(target, attempt, options, signal))
    } catch (error) {
      signal.throwIfAborted()
      return failed(error, target, attempt)
    }
  },
}
