import type {DetailedPeerCertificate, PeerCertificate} from 'node:tls'

/** The certificate and those that signed it, as far as the server has sent them, the server's own first. */
function chainOf(certificate: DetailedPeerCertificate): PeerCertificate[] {
  const chain: DetailedPeerCertificate[] = []
  for (let one: DetailedPeerCertificate | undefined = certificate; one && !chain.includes(one); ) {
    chain.push(one)
    one = one.issuerCertificate
  }
  return chain
}

/** Node writes a name that holds a comma or quotes in quotes. */
const ALTERNATIVE = /([\w ]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/gy

/** The alternative names of a certificate, one in quotes as Node writes it. */
export function alternativesOf({
  subjectaltname = '',
}: PeerCertificate): {kind: string; name: string}[] {
  return Array.from(subjectaltname.matchAll(ALTERNATIVE), ([, kind = '', name = '']) => ({
    kind,
    name,
  }))
}

/** The hosts a certificate is for: its alternative names, or its common name where it has none. */
export function namesOf(certificate: PeerCertificate): string[] {
  const names = alternativesOf(certificate).flatMap(({kind, name}) =>
    kind === 'DNS' || kind === 'IP Address' ? name : [],
  )
  return names.length > 0 ? names : [certificate.subject?.CN ?? []].flat()
}

function nameOf(subject: PeerCertificate['subject'] | undefined): string | undefined {
  const {CN, OU, O} = subject ?? {}
  return [CN ?? OU ?? O].flat()[0]
}

/** Who stands at the end of the chain the server has sent; `itself` for a certificate that signs itself. */
export function authorityName(
  certificate: DetailedPeerCertificate | undefined,
): string | undefined {
  const chain = certificate ? chainOf(certificate) : []
  const last = chain.at(-1)
  const name = nameOf(last?.issuer)
  return chain.length === 1 && name !== undefined && name === nameOf(last?.subject)
    ? 'itself'
    : name
}

/** The first certificate of the chain that is not valid at a time; `own`: it is the server's own. */
export function outdated(
  certificate: DetailedPeerCertificate,
  at: Date,
): {name: string; own: boolean; from: Date; to: Date} | undefined {
  for (const [place, {subject, valid_from, valid_to}] of chainOf(certificate).entries()) {
    const [from, to] = [new Date(valid_from), new Date(valid_to)]
    if (at < from || at > to)
      return {name: nameOf(subject) ?? 'without a name', own: place === 0, from, to}
  }
  return undefined
}
