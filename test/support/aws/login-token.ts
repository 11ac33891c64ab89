import {createHash, createHmac} from 'node:crypto'

const hash = (text: string) => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

/**
 * Whether a text logs into RDS, and whom: the fields of a presigned request, its signature verified as AWS does (AWS
 * General Reference, "Create a signed AWS API request").
 */
export function readLoginToken(
  token: string,
  secret: string,
): Record<string, string> & {valid: string} {
  const url = new URL(`https://${token}`)
  const signature = url.searchParams.get('X-Amz-Signature')
  const scope = (url.searchParams.get('X-Amz-Credential') ?? '').split('/').slice(1)
  url.searchParams.delete('X-Amz-Signature')
  const query = [...url.searchParams]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .sort()
    .join('&')
  // The SDK signs the port too, which URL leaves out of `host` only for 443.
  const canonical = ['GET', '/', query, `host:${url.host}`, '', 'host', hash('')].join('\n')
  const stamp = url.searchParams.get('X-Amz-Date') ?? ''
  const text = ['AWS4-HMAC-SHA256', stamp, scope.join('/'), hash(canonical)].join('\n')
  const key = scope.reduce<string | Buffer>((made, part) => hmac(made, part), `AWS4${secret}`)
  const expected = hmac(key, text).toString('hex')
  return {
    host: url.host,
    region: scope[1] ?? '',
    service: scope[2] ?? '',
    ...Object.fromEntries(url.searchParams),
    valid: String(signature === expected),
  }
}
