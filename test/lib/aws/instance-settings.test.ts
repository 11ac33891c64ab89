import {describe, expect, test} from 'vitest'
import {
  type InstanceSettings,
  instanceDefaults,
  passwordProblem,
  settingsProblems,
} from '../../../src/lib/aws/instance-settings.js'

const REGION = 'ca-central-1'
const problems = (changes: Partial<InstanceSettings>, region: string | undefined = REGION) =>
  settingsProblems({...instanceDefaults, ...changes}, region)
/** Flags of the settings that are at fault. */
const faults = (changes: Partial<InstanceSettings>, region?: string) =>
  problems(changes, region).map((line) => line.replace(/^--([a-z-]+) .*$/s, '$1'))
const a = (length: number): string => 'a'.repeat(length)

test('the defaults are what RDS takes, in any region', () => {
  expect(problems({})).toEqual([])
  expect(settingsProblems(instanceDefaults)).toEqual([])
})

describe('names', () => {
  test.each([a(1), a(63), 'A', 'a1', 'a-1', 'a-b-c', 'Cruddur-DB-1'])(
    'identifier %s is taken',
    (name) => {
      expect(problems({'db-instance-identifier': name})).toEqual([])
    },
  )
  test.each([
    '',
    a(64),
    '1a',
    '-a',
    'a-',
    'a--b',
    'a_b',
    'a.b',
    'a b',
    ' a',
    'a\n',
    'é',
    'ａ',
    '$(id)',
  ])('identifier %j is refused', (name) => {
    expect(faults({'db-instance-identifier': name})).toEqual(['db-instance-identifier'])
  })

  test.each([
    'r',
    a(63),
    'root',
    'postgres',
    'Root_1',
    'administrator',
    'users',
    'pgroot',
    'rdsroot',
  ])('user %s is taken', (name) => {
    expect(problems({'master-username': name})).toEqual([])
  })
  test.each(['', a(64), '1root', '_root', 'my-root', 'my root', 'root\n', 'rööt', "ro'ot"])(
    'user %j is refused',
    (name) => {
      expect(faults({'master-username': name})).toEqual(['master-username'])
    },
  )
  test.each([
    'admin',
    'ADMIN',
    'rdsadmin',
    'rdsrepladmin',
    'rds_superuser',
    'rds_replication',
    'rds_iam',
  ])('user %s is reserved by RDS', (name) => {
    expect(faults({'master-username': name})).toEqual(['master-username'])
  })
  test.each([
    'pg_root',
    'PG_x',
    'user',
    'USER',
    'select',
    'table',
    'all',
    'analyse',
    'system_user',
  ])('user %s is reserved by PostgreSQL', (name) => {
    expect(faults({'master-username': name})).toEqual(['master-username'])
  })

  test.each(['d', a(63), 'postgres', 'Cruddur_1'])('database %s is taken', (name) => {
    expect(problems({'db-name': name})).toEqual([])
  })
  test.each(['', a(64), '1db', '_db', 'my-db', 'my db', 'db\n', 'dbé', 'user', 'order', 'Select'])(
    'database %j is refused',
    (name) => {
      expect(faults({'db-name': name})).toEqual(['db-name'])
    },
  )
})

describe('numbers', () => {
  test.each([
    ['gp2', 20, true],
    ['gp2', 19, false],
    ['gp2', 65_536, true],
    ['gp2', 65_537, false],
    ['gp3', 20, true],
    ['gp3', 19, false],
    ['gp3', 65_536, true],
    ['gp3', 65_537, false],
    ['io1', 100, true],
    ['io1', 99, false],
    ['io1', 65_536, true],
    ['io1', 65_537, false],
    ['io2', 100, true],
    ['io2', 99, false],
    ['io2', 65_536, true],
    ['io2', 65_537, false],
  ] as const)('storage of %s: %i GiB is taken: %s', (type, size, taken) => {
    const iops = type.startsWith('io') ? {iops: 1000} : {}
    const found = faults({'storage-type': type, 'allocated-storage': size, ...iops})
    expect(found).toEqual(taken ? [] : ['allocated-storage'])
  })

  test.each(['gp1', 'standard', 'GP2', '', 'constructor', '__proto__'])(
    'storage type %j is refused',
    (type) => {
      expect(faults({'storage-type': type})).toEqual(['storage-type'])
    },
  )

  test('provisioned IOPS go with io1 and io2, which need them', () => {
    const io1 = {'storage-type': 'io1', 'allocated-storage': 100}
    expect(problems({...io1, iops: 1000})).toEqual([])
    expect(faults(io1)).toEqual(['iops'])
    expect(faults({iops: 1000})).toEqual(['iops'])
  })

  test.each([
    ['port', 1149, false],
    ['port', 1150, true],
    ['port', 65_535, true],
    ['port', 65_536, false],
    ['port', 0, false],
    ['port', Number.NaN, false],
    ['backup-retention-period', -1, false],
    ['backup-retention-period', 0, true],
    ['backup-retention-period', 35, true],
    ['backup-retention-period', 36, false],
    ['performance-insights-retention-period', 7, true],
    ['performance-insights-retention-period', 0, false],
    ['performance-insights-retention-period', 31, false],
    ['performance-insights-retention-period', 94, false],
    ['performance-insights-retention-period', 731, false],
  ] as const)('--%s %i is taken: %s', (flag, value, taken) => {
    expect(faults({[flag]: value})).toEqual(taken ? [] : [flag])
  })

  test('the days of Performance Insights do not matter where there are none', () => {
    const off = {'enable-performance-insights': false}
    expect(problems({...off, 'performance-insights-retention-period': 94})).toEqual([])
  })
})

describe('the zone', () => {
  test.each([`${REGION}a`, `${REGION}f`])('%s of the region is taken', (zone) => {
    expect(problems({'availability-zone': zone})).toEqual([])
  })
  test.each([
    'us-east-1a',
    REGION,
    '',
    'a',
    `${REGION}0a`,
    `x${REGION}a`,
    `${REGION}a b`,
    `${REGION}a\n`,
  ])('%j is none of the region', (zone) => {
    expect(faults({'availability-zone': zone})).toEqual(['availability-zone'])
  })
  test('a local zone has more behind the region', () => {
    expect(problems({'availability-zone': 'us-west-2-lax-1a'}, 'us-west-2')).toEqual([])
  })
  test('is not compared with a region that is not known', () => {
    expect(settingsProblems({...instanceDefaults, 'availability-zone': 'us-east-1a'})).toEqual([])
  })
  test('does not go with two zones, whatever the region', () => {
    const both = {...instanceDefaults, 'availability-zone': `${REGION}a`, 'multi-az': true}
    const line = '--availability-zone does not go with --multi-az: leave one of them out'
    expect(settingsProblems(both, REGION)).toEqual([line])
    expect(settingsProblems(both)).toEqual([line])
  })
})

describe('the rest', () => {
  test.each([
    ['db-instance-class', 'db.t3.micro', true],
    ['db-instance-class', 'db.r6idn.metal', true],
    ['db-instance-class', 'db.x2g.16xlarge', true],
    ['db-instance-class', 't3.micro', false],
    ['db-instance-class', 'db.t3', false],
    ['db-instance-class', 'db.t3.micro.2', false],
    ['db-instance-class', 'db.', false],
    ['db-instance-class', '', false],
    ['engine', 'mysql', false],
    ['engine', 'aurora-postgresql', false],
    ['engine-version', '17', true],
    ['engine-version', '17.9', true],
    ['engine-version', '14.6', true],
    ['engine-version', '11.22-rds.20240418', true],
    ['engine-version', 'v17', false],
    ['engine-version', '17.', false],
    ['engine-version', '', false],
    ['engine-version', 'latest', false],
  ] as const)('--%s %s is taken: %s', (flag, value, taken) => {
    expect(faults({[flag]: value})).toEqual(taken ? [] : [flag])
  })

  test.each([
    [['sg-0123456789abcdef0'], true],
    [['sg-01234567', 'sg-0123456789abcdef0'], true],
    [['default'], false],
    [['sg-01234567', 'sgr-01234567'], false],
    [['sg-'], false],
    [[''], false],
    [['sg-1 sg-2'], false],
  ])('groups %j are taken: %s', (groups, taken) => {
    expect(faults({'vpc-security-group-ids': groups})).toEqual(
      taken ? [] : ['vpc-security-group-ids'],
    )
  })

  test('an empty subnet group is refused', () => {
    expect(faults({'db-subnet-group-name': ''})).toEqual(['db-subnet-group-name'])
  })

  test('all problems are told at once, each in its line', () => {
    const wrong = {
      'db-instance-identifier': '',
      port: 1,
      'db-name': '',
      engine: 'x',
      'storage-type': '',
    }
    const found = problems(wrong)
    expect(found.map((line) => line.split(' ')[0])).toEqual([
      '--db-instance-identifier',
      '--engine',
      '--port',
      '--db-name',
      '--storage-type',
    ])
    expect(found.join('')).not.toContain('\n')
  })
})

describe('a password', () => {
  const CHARACTERS = Array.from({length: 0x5e}, (_, index) => String.fromCharCode(0x21 + index))

  test('takes all that is printable but / " @', () => {
    const refused = CHARACTERS.filter(
      (character) => passwordProblem(`1234567${character}`) !== undefined,
    )
    expect(refused).toEqual(['"', '/', '@'])
  })

  test.each(['\0', '\t', '\n', '\r', ' ', '\x7f', '\x80', 'é', '€', '👍', '\u200b'])(
    'does not take %j, wherever it stands',
    (character) => {
      for (const text of [`${character}1234567`, `1234${character}567`, `1234567${character}`])
        expect(passwordProblem(text)).toBe(
          'holds a blank, or a character that is no printable ASCII: RDS takes none of these',
        )
    },
  )

  test.each([
    [7, 'has 7 characters: RDS takes 8 to 128 of them'],
    [8, undefined],
    [128, undefined],
    [129, 'has 129 characters: RDS takes 8 to 128 of them'],
    [0, 'has 0 characters: RDS takes 8 to 128 of them'],
  ])('of %i characters: %s', (length, problem) => {
    expect(passwordProblem(a(length))).toBe(problem)
  })

  test.each(['s3cret', 's3cret/s3cret', 's3cret s3cret', 's3crét-s3crét'])(
    'is not repeated in what is wrong with it: %s',
    (password) => {
      expect(passwordProblem(password)).toBeDefined()
      expect(passwordProblem(password)).not.toMatch(/s3cr/)
    },
  )
})
