import {createHash, createHmac, timingSafeEqual} from 'node:crypto'
import type {IncomingHttpHeaders} from 'node:http'
import {refuse} from './refusal.js'
import type {Service} from './xml.js'

/** Services whose requests are signed; those that are no forms have a server of their own. */
type SignedService = Service | 'cognito-idp'

export interface SignedRequest {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: string
}

interface Authorization {
  key: string
  date: string
  region: string
  service: string
  signedHeaders: string[]
  signature: string
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/(\d{8})\/([a-z0-9-]+)\/([a-z0-9-]+)\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/

/** How far a client's clock may be off, milliseconds (RDS's own message says "15 min."). */
const FRESH = 15 * 60 * 1000

const hash = (text: string) => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

const basic = (time: number) => `${new Date(time).toISOString().replace(/[-:]|\.\d+/g, '')}`

function parseAuthorization(header: string | undefined): Authorization {
  if (!header) refuse('MissingAuthenticationToken', 'Request is missing Authentication Token', 403)
  const [, key, date, region, service, names, signature] = AUTHORIZATION.exec(header) ?? []
  if (!key || !date || !region || !service || !names || !signature) {
    refuse('IncompleteSignature', `Authorization header is not understood: ${header}`)
  }
  return {key, date, region, service, signedHeaders: names.split(';'), signature}
}

function checkTime(service: SignedService, stamp: string, scopeDate: string): void {
  const time = Date.parse(stamp.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  if (Number.isNaN(time) || !stamp.startsWith(scopeDate)) {
    refuse('IncompleteSignature', `Date must be in ISO-8601 'basic format'. Got '${stamp}'.`)
  }
  const now = Date.now()
  if (Math.abs(now - time) < FRESH) return
  if (service === 'ec2') refuse('RequestExpired', 'Request has expired.')
  const limit = `${basic(now - FRESH)} (${basic(now)} - 15 min.)`
  refuse('SignatureDoesNotMatch', `Signature expired: ${stamp} is now earlier than ${limit}`, 403)
}

/** The signature as the AWS General Reference has it ("Create a signed AWS API request"). */
function signatureOf(request: SignedRequest, authorization: Authorization, secret: string): string {
  const {date, region, service, signedHeaders} = authorization
  const headerOf = (name: string) =>
    String(request.headers[name] ?? '')
      .trim()
      .replace(/ +/g, ' ')
  const headers = signedHeaders.map((name) => `${name}:${headerOf(name)}\n`).join('')
  const signed = signedHeaders.join(';')
  const canonical = [request.method, request.path, '', headers, signed, hash(request.body)].join(
    '\n',
  )
  const scope = `${date}/${region}/${service}/aws4_request`
  const text = ['AWS4-HMAC-SHA256', headerOf('x-amz-date'), scope, hash(canonical)].join('\n')
  const signingKey = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${secret}`)
  return hmac(signingKey, text).toString('hex')
}

/**
 * Refuses what is not signed with the one key that is known, now, for this service.
 *
 * @returns the region the request was signed for, which is the region it acts in
 */
export function verifySignature(
  service: SignedService,
  request: SignedRequest,
  credentials: {key: string; secret: string},
): string {
  const authorization = parseAuthorization(request.headers.authorization)
  if (authorization.key !== credentials.key || request.headers['x-amz-security-token']) {
    if (service === 'rds') {
      refuse('InvalidClientTokenId', 'The security token included in the request is invalid.', 403)
    }
    if (service === 'cognito-idp') {
      refuse(
        'UnrecognizedClientException',
        'The security token included in the request is invalid.',
      )
    }
    refuse('AuthFailure', 'AWS was not able to validate the provided access credentials', 401)
  }
  if (authorization.service !== service) {
    refuse(
      'SignatureDoesNotMatch',
      `Credential should be scoped to correct service: '${service}'. `,
      403,
    )
  }
  checkTime(service, String(request.headers['x-amz-date']), authorization.date)
  const expected = Buffer.from(signatureOf(request, authorization, credentials.secret), 'hex')
  const mandatory = ['host', 'x-amz-date'].every((name) =>
    authorization.signedHeaders.includes(name),
  )
  if (!mandatory || !timingSafeEqual(expected, Buffer.from(authorization.signature, 'hex'))) {
    refuse(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your AWS ' +
        'Secret Access Key and signing method. Consult the service documentation for details.',
      403,
    )
  }
  return authorization.region
}
