import {describe, expect, test} from 'vitest'
import {instancePlan} from '../../../src/lib/aws/instance-plan.js'
import {type InstanceSettings, instanceDefaults} from '../../../src/lib/aws/instance-settings.js'

const plan = (changes: Partial<InstanceSettings> = {}, region: string | undefined = 'eu-west-1') =>
  instancePlan({...instanceDefaults, ...changes}, region, 'asked for next')
const row = (changes: Partial<InstanceSettings>, name: string): string | undefined =>
  new Map(plan(changes).rows).get(name)

describe('the plan', () => {
  test('of the defaults says what will be there', () => {
    expect(plan().rows).toEqual([
      ['identifier', 'cruddur-db-instance'],
      ['region', 'eu-west-1'],
      ['zone', 'any'],
      ['class', 'db.t3.micro'],
      ['engine', 'PostgreSQL 17'],
      ['storage', '20 GiB gp2, encrypted'],
      ['database', 'cruddur, port 5432'],
      ['user', 'cruddurroot'],
      ['password', 'asked for next'],
      ['reachable', 'from the internet'],
      ['backups', 'none'],
      ['insights', 'Performance Insights, 7 days'],
    ])
  })

  test('of the defaults says what costs, exposes and loses', () => {
    expect(plan().warnings).toEqual([
      'AWS charges for db.t3.micro and 20 GiB until the instance is deleted',
      'it has a public address: all that its security group admits can try to log in',
      'there are no backups: what is lost stays lost',
      'nothing keeps it from being deleted by mistake',
    ])
  })

  test('of an instance that is careful warns of what it costs alone', () => {
    const careful = {
      'backup-retention-period': 7,
      'deletion-protection': true,
      'publicly-accessible': false,
    }
    expect(plan(careful).warnings).toEqual([
      'AWS charges for db.t3.micro and 20 GiB until the instance is deleted',
    ])
  })

  test('a day of backups is some', () => {
    const {warnings} = plan({'backup-retention-period': 1})
    expect(warnings).not.toContain('there are no backups: what is lost stays lost')
  })

  test.each([
    [{'multi-az': true}, 'a standby in another zone costs as much again'],
    [{'manage-master-user-password': true}, 'Secrets Manager charges for keeping the password'],
    [{'storage-encrypted': false}, 'its storage is not encrypted'],
  ])('warns of %o', (changes, warning) => {
    expect(plan(changes).warnings).toContain(warning)
    expect(plan().warnings).not.toContain(warning)
  })

  test.each([
    [{'availability-zone': 'eu-west-1c'}, 'zone', 'eu-west-1c'],
    [{'multi-az': true}, 'zone', 'two of the region'],
    [
      {'storage-encrypted': false, 'allocated-storage': 100},
      'storage',
      '100 GiB gp2, not encrypted',
    ],
    [{port: 6000, 'db-name': 'other'}, 'database', 'other, port 6000'],
    [{'master-username': 'other'}, 'user', 'other'],
    [{'publicly-accessible': false}, 'reachable', 'from its VPC only'],
    [{'vpc-security-group-ids': ['sg-1', 'sg-2']}, 'security groups', 'sg-1, sg-2'],
    [{}, 'security groups', undefined],
    [{'db-subnet-group-name': 'mine'}, 'subnet group', 'mine'],
    [{}, 'subnet group', undefined],
    [{'backup-retention-period': 35}, 'backups', '35 days'],
    [{'enable-performance-insights': false}, 'insights', 'none'],
  ])('%o: %s is %s', (changes, name, value) => {
    expect(row(changes, name)).toBe(value)
  })

  test('does not claim to know a region that is not named', () => {
    const {rows} = instancePlan(instanceDefaults, undefined, 'none yet')
    expect(rows).toContainEqual(['region', 'not known'])
  })
})
