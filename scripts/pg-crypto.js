// Takes the place of pg/lib/crypto/utils.js in the bundle, which uses WebCrypto: that loads 5 ms more of Node than these.
import {createHash, createHmac, pbkdf2, randomBytes} from 'node:crypto'
import {promisify} from 'node:util'

export {randomBytes}

// Loaded while the server is being connected to, not when it has asked for the password.
setImmediate(() => createHash)

/** @param {string | Buffer} data */
export function md5(data) {
  return createHash('md5').update(data).digest('hex')
}

/**
 * `AuthenticationMD5Password` of https://www.postgresql.org/docs/current/protocol-flow.html.
 *
 * @param {string} user @param {string} password @param {Buffer} salt
 */
export async function postgresMd5PasswordHash(user, password, salt) {
  const inner = md5(password + user)
  return `md5${md5(Buffer.concat([Buffer.from(inner), salt]))}`
}

/** @param {string} name as WebCrypto has it, `SHA-256` @param {Buffer} data */
export function hashByName(name, data) {
  return createHash(name).update(data).digest()
}

/** @param {Buffer} data */
export function sha256(data) {
  return hashByName('SHA-256', data)
}

/** @param {Buffer} key @param {string} message */
export function hmacSha256(key, message) {
  return createHmac('sha256', key).update(message).digest()
}

/**
 * Beside the event loop: the server says how many rounds.
 *
 * @param {string} password @param {Buffer} salt @param {number} rounds
 */
export function deriveKey(password, salt, rounds) {
  return promisify(pbkdf2)(password, salt, rounds, 32, 'sha256')
}
