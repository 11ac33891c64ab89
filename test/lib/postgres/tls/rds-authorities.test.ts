import {X509Certificate} from 'node:crypto'
import {createSecureContext} from 'node:tls'
import {describe, expect, test} from 'vitest'
import {rdsAuthorities} from '../../../../src/lib/postgres/tls/rds-authorities.js'

const host = (name: string) => ({host: name, port: 5432})
const instance = (region: string) => host(`db.c1ab.${region}.rds.amazonaws.com`)

async function namesFor(...hosts: ReturnType<typeof host>[]): Promise<string[]> {
  const found = await rdsAuthorities(hosts)
  return found.map((pem) => /CN=(.*)/.exec(new X509Certificate(pem).subject)?.[1] ?? '').sort()
}

const rootsOf = (region: string): string[] =>
  ['ECC384', 'RSA2048', 'RSA4096'].map((kind) => `Amazon RDS ${region} Root CA ${kind} G1`)

const PUBLIC = [
  'Amazon Root CA 1',
  'Amazon Root CA 2',
  'Amazon Root CA 3',
  'Amazon Root CA 4',
  'Starfield Services Root Certificate Authority - G2',
]

describe('the authorities of RDS', () => {
  test.each(['us-east-1', 'us-east-2', 'eu-central-1', 'me-central-1', 'ap-southeast-4'])(
    'in %s are the three of that region that are still valid',
    async (region) => {
      expect(await namesFor(instance(region))).toEqual(rootsOf(region))
    },
  )

  test('of two hosts are those of both regions; of one region once', async () => {
    const both = await namesFor(instance('eu-west-1'), instance('eu-west-2'), instance('eu-west-1'))
    expect(both).toEqual([...rootsOf('eu-west-1'), ...rootsOf('eu-west-2')].sort())
  })

  test('of a proxy are those of Amazon’s public authority, in every region', async () => {
    const proxy = (region: string) => host(`p.proxy-c1ab.${region}.rds.amazonaws.com`)
    expect(await namesFor(proxy('eu-west-1'))).toEqual(PUBLIC)
    expect(await namesFor(proxy('il-central-1'))).toEqual(PUBLIC)
  })

  test.each(['db.rds.amazonaws.com', 'localhost'])(
    'of %s, which tells no region, are all',
    async (name) => {
      const names = await namesFor(host(name))
      expect(names).toEqual(expect.arrayContaining([...rootsOf('us-east-1'), ...PUBLIC]))
      expect(names.length).toBeGreaterThan(80)
    },
  )

  test.each([
    ['il-central-1', 'https://truststore.pki.rds.amazonaws.com'],
    ['ca-west-1', 'https://truststore.pki.rds.amazonaws.com'],
    ['us-gov-east-1', 'https://truststore.pki.us-gov-west-1.rds.amazonaws.com'],
    ['cn-north-1', 'https://rds-truststore.s3.cn-north-1.amazonaws.com.cn'],
  ])('in %s are missing: where they are and how to name them is said', async (region, from) => {
    const bundle = `${from}/${region}/${region}-bundle.pem`
    await expect(rdsAuthorities([instance('us-east-1'), instance(region)])).rejects.toMatchObject({
      code: 'TLS_AUTHORITY_MISSING',
      exit: 2,
      message: `the certificate authorities of RDS in ${region} do not come with cruddur-db`,
      details: {
        hint: `download ${bundle} and name it in the URL: ?sslmode=verify-full&sslrootcert=FILE`,
      },
      data: {region, bundle},
    })
  })

  test('of one region are ready for TLS sooner than all of them', async () => {
    const timed = async (name: string): Promise<number> => {
      const began = performance.now()
      createSecureContext({ca: await rdsAuthorities([host(name)])})
      return performance.now() - began
    }
    const times = {region: [] as number[], all: [] as number[]}
    for (let turn = 0; turn < 11; turn++) {
      times.region.push(await timed('db.c1ab.us-east-1.rds.amazonaws.com'))
      times.all.push(await timed('db.rds.amazonaws.com'))
    }
    expect(Math.min(...times.region)).toBeLessThan(Math.min(...times.all))
  })
})
