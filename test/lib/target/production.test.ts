import {describe, expect, test} from 'vitest'
import {isRdsHost, readRdsName} from '../../../src/lib/target/production.js'

const named = (host: string) => readRdsName({host, port: 5432})

describe('the name of an RDS host', () => {
  test.each([
    ['cruddur.c1ab.ca-central-1.rds.amazonaws.com', 'ca-central-1'],
    ['CRUDDUR.C1AB.CA-CENTRAL-1.RDS.AMAZONAWS.COM.', 'ca-central-1'],
    ['cruddur.cluster-ro-c1ab.us-gov-west-1.rds.amazonaws.com', 'us-gov-west-1'],
    ['cruddur.c1ab.ap-southeast-7.rds.amazonaws.com', 'ap-southeast-7'],
    ['cruddur.c1ab.cn-north-1.rds.amazonaws.com.cn', 'cn-north-1'],
    ['cruddur.c1ab.rds.cn-northwest-1.amazonaws.com.cn', 'cn-northwest-1'],
    ['cruddur.c1ab.rds.us-gov-west-1.amazonaws.com', 'us-gov-west-1'],
    ['cruddur.rds.amazonaws.com', undefined],
    ['cruddur.rds.amazonaws.com.cn', undefined],
  ])('%s tells the region %s', (host, region) => {
    expect(named(host)).toEqual({region, proxy: false})
    expect(isRdsHost({host, port: 5432})).toBe(true)
  })

  test.each([
    ['cruddur.proxy-c1ab.eu-west-1.rds.amazonaws.com', 'eu-west-1'],
    ['reader.endpoint.proxy-c1ab.eu-west-1.rds.amazonaws.com', 'eu-west-1'],
    ['cruddur.proxy-c1ab.rds.cn-north-1.amazonaws.com.cn', 'cn-north-1'],
  ])('%s is a proxy', (host, region) => {
    expect(named(host)).toEqual({region, proxy: true})
  })

  test('an instance may be called proxy-something', () => {
    const host = 'proxy-db.c1ab.eu-west-1.rds.amazonaws.com'
    expect(named(host)).toEqual({region: 'eu-west-1', proxy: false})
  })

  test.each([
    'rds.amazonaws.com',
    'rds.us-east-1.amazonaws.com',
    'rds.cn-north-1.amazonaws.com.cn',
    'db.c1ab.us-east-1.rds.amazonaws.com.example.com',
    'db.c1ab.us-east-1.rds-amazonaws.com',
    'db.c1ab.rds.example.amazonaws.com',
    'db.ec2.us-east-1.amazonaws.com',
    '/var/run/x.us-east-1.rds.amazonaws.com',
    'localhost',
  ])('%s is none', (host) => {
    expect(named(host)).toBeUndefined()
    expect(isRdsHost({host, port: 5432})).toBe(false)
  })
})
