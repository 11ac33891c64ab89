import {describe, expect, it} from 'vitest'
import {judgeVersion, versionCheck} from '../../../../src/lib/doctor/inner/version.js'
import {urlOf} from '../../../support/postgres.js'
import {targetOf} from '../../../support/target.js'
import {seeOnce} from './scene.js'

const target = targetOf('postgres')
const RDS = 'cruddur-db-instance.c9akciq32rmm.ca-central-1.rds.amazonaws.com'
const production = {...target, hosts: [{host: RDS, port: 5432}] as const}
const judge = (version: string, today: string, at = target) => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const number = major < 10 ? major * 10_000 + minor * 100 : major * 10_000 + minor
  return judgeVersion({number, text: `${version} (Debian)`}, at, new Date(today))
}

describe('the version of the server', () => {
  it('is fine while it is supported for more than six months', () => {
    expect(judge('15.18', '2027-05-01')).toEqual({
      status: 'ok',
      message: 'PostgreSQL 15.18, supported until 2027-11-11',
    })
  })

  it('is worth a word in the last six months', () => {
    expect(judge('15.18', '2027-05-12')).toMatchObject({
      status: 'warn',
      message: 'PostgreSQL 15.18 is supported until 2027-11-11 only',
    })
  })

  it('is worth one on its last day, and another one on the next', () => {
    expect(judge('14.20', '2026-11-12').message).toBe(
      'PostgreSQL 14.20 is supported until 2026-11-12 only',
    )
    expect(judge('14.20', '2026-11-13')).toMatchObject({
      status: 'warn',
      message:
        'PostgreSQL 14.20 has not been supported since 2026-11-12: nobody closes its security holes any more',
      fix: expect.stringMatching(/^move to PostgreSQL 18: pg_dump/),
    })
  })

  it('is no longer supported when it is older than all that are known', () => {
    for (const version of ['12.22', '9.6'])
      expect(judge(version, '2026-01-01')).toMatchObject({
        status: 'warn',
        message: `PostgreSQL ${version} is no longer supported: nobody closes its security holes any more`,
      })
  })

  it('is taken for good when it is newer than all that are known', () => {
    expect(judge('19.1', '2035-01-01')).toEqual({status: 'ok', message: 'PostgreSQL 19.1'})
  })

  it('is cured on RDS by the command that raises it', () => {
    expect(judge('13.2', '2026-11-22', production).fix).toBe(
      'aws rds modify-db-instance --db-instance-identifier cruddur-db-instance --region ca-central-1 --engine-version 17 --allow-major-version-upgrade',
    )
    expect(judge('17.2', '2029-11-22', production).fix).toMatch(/^move to PostgreSQL 18/)
  })

  it('is read from the server', async () => {
    const found = await seeOnce(urlOf('postgres'), [versionCheck])
    expect(found.message).toMatch(/^PostgreSQL \d+\.\d+\b/)
  })
})
