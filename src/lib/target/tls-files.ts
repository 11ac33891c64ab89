import {createPrivateKey, type KeyObject, X509Certificate} from 'node:crypto'
import {statSync} from 'node:fs'
import {filesOf} from './files.js'
import type {Lookup} from './settings.js'
import {printable, shellWord} from './text.js'
import type {TargetContext, TlsSettings} from './types.js'

type FileParameter = 'sslrootcert' | 'sslcert' | 'sslkey'

/** A file that TLS would use. */
interface TlsFile {
  path: string
  text: string
  /** How a sentence about it begins, and what ends its trouble. */
  subject: string
  cure: string
}

const CURES: Record<FileParameter, string> = {
  sslrootcert: 'write the path of a PEM file',
  sslcert: 'write the path of a PEM file',
  sslkey: "write the path of the certificate's key",
}

/** `--url: sslcert leads to /c.crt, which`; a file of libpq's own that nobody named is called by its path. */
function spokenOf(lookup: Lookup, name: FileParameter, path: string): Omit<TlsFile, 'text'> {
  // A key that is not named is the one of a certificate that is, or both are libpq's own.
  const named = lookup.get(name) ?? (name === 'sslkey' ? lookup.get('sslcert') : undefined)
  const shown = printable(path)
  if (named !== undefined)
    return {path, subject: `${lookup.at(name)} leads to ${shown}, which`, cure: CURES[name]}
  return {
    path,
    subject: `${shown}, used where no ${name} is named,`,
    cure: 'put the right file there, or move it away',
  }
}

const CERTIFICATE =
  /-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----[\s\S]*?(?:-----END \1-----|$(?![\s\S]))/g

function certificatesOf(text: string): X509Certificate[] | undefined {
  try {
    return [...text.matchAll(CERTIFICATE)].map(([pem]) => new X509Certificate(pem))
  } catch {
    return undefined
  }
}

/** Node passes over what it cannot read in such a file, and then trusts nobody, or fewer than are named. */
function certificateProblems({subject, text, cure}: TlsFile): string[] {
  const certificates = certificatesOf(text)
  if (certificates === undefined)
    return [`${subject} holds a certificate that cannot be read: ${cure}`]
  return certificates.length === 0 ? [`${subject} holds no certificate: ${cure}`] : []
}

/** libpq's rule (fe-secure-openssl.c): for the owner alone; root's may be read by a group. */
function permissionProblems({subject, path}: TlsFile, context: TargetContext): string[] {
  const mode = filesOf(context).fileMode(path) ?? 0
  const forGroup = (mode & 0o037) === 0 && statSync(path, {throwIfNoEntry: false})?.uid === 0
  if ((mode & 0o077) === 0 || forGroup) return []
  const shown = mode.toString(8).padStart(3, '0')
  return [`${subject} others may read (mode ${shown}): run chmod 600 ${shellWord(path)}`]
}

const ENCRYPTED = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m

function keyOf(text: string, passphrase: string | undefined): KeyObject | undefined {
  try {
    return createPrivateKey({key: text, ...(passphrase === undefined ? {} : {passphrase})})
  } catch {
    return undefined
  }
}

function keyProblems(file: TlsFile, certificate: TlsFile | undefined, tls: TlsSettings): string[] {
  const {subject, text, cure} = file
  const encrypted = ENCRYPTED.test(text)
  if (encrypted && tls.keyPassword === undefined)
    return [`${subject} is encrypted: write its password as sslpassword into the URL`]
  const key = keyOf(text, tls.keyPassword?.reveal())
  if (!key && encrypted) return [`${subject} sslpassword does not open: correct sslpassword`]
  if (!key) return [`${subject} holds no private key: ${cure}`]
  const [own] = (certificate && certificatesOf(certificate.text)) ?? []
  return own && certificate && !own.checkPrivateKey(key)
    ? [`${subject} does not belong to the certificate in ${printable(certificate.path)}: ${cure}`]
    : []
}

/**
 * What is wrong with the files that TLS would use: missing, not PEM, a key that others may read, that is
 * locked, or that belongs to another certificate. They are looked at before anything is dialled, whether
 * the server turns out to have TLS or not.
 */
export function fileProblems(lookup: Lookup, tls: TlsSettings, context: TargetContext): string[] {
  const problems: string[] = []
  const read = (name: FileParameter, path: string | undefined): TlsFile | undefined => {
    if (path === undefined) return undefined
    const text = filesOf(context).readFile(path)
    const spoken = spokenOf(lookup, name, path)
    if (text !== undefined) return {...spoken, text}
    problems.push(`${spoken.subject} cannot be read: ${spoken.cure}`)
    return undefined
  }
  const {authorities} = tls
  const root = read('sslrootcert', authorities.kind === 'file' ? authorities.path : undefined)
  const certificate = read('sslcert', tls.certificateFile)
  const key = read('sslkey', tls.keyFile)
  return [
    ...problems,
    ...(root ? certificateProblems(root) : []),
    ...(certificate ? certificateProblems(certificate) : []),
    ...(key ? [...permissionProblems(key, context), ...keyProblems(key, certificate, tls)] : []),
  ]
}
