import {mkdtempSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {NAME, onStage} from '../support/rds-create.js'

const SENT = 'nothing was sent; see --help for what each flag takes'
const name = (length: number) => 'a'.repeat(length)

describe.concurrent('a value that AWS would refuse is refused before anything is sent:', () => {
  const NAME_RULE = 'takes letters, digits and hyphens, a letter first'
  const HYPHENS = 'takes no hyphen at its end, and no two in a row'
  const WORD_RULE = 'takes letters, digits and underscores, a letter first'
  const RDS_NAME = 'RDS keeps that name to itself'
  const NOT_PRINTABLE =
    'holds a blank, or a character that is no printable ASCII: RDS takes none of these'
  test.each([
    ['--db-instance-identifier', '', 'takes 1 to 63 characters'],
    ['--db-instance-identifier', name(64), 'takes 1 to 63 characters'],
    ['--db-instance-identifier', '1db', NAME_RULE],
    ['--db-instance-identifier', '-db', NAME_RULE],
    ['--db-instance-identifier', 'my_db', NAME_RULE],
    ['--db-instance-identifier', 'dätabase', NAME_RULE],
    ['--db-instance-identifier', 'db-', HYPHENS],
    ['--db-instance-identifier', 'my--db', HYPHENS],
    ['--db-instance-class', 't3.micro', 'takes a class of RDS, such as db.t3.micro'],
    ['--engine', 'mysql', 'takes postgres and nothing else'],
    ['--engine-version', 'latest', 'takes a version, such as 17 or 17.9'],
    ['--master-username', '', 'takes 1 to 63 characters'],
    ['--master-username', name(64), 'takes 1 to 63 characters'],
    ['--master-username', '1root', WORD_RULE],
    ['--master-username', 'my-root', WORD_RULE],
    ['--master-username', 'admin', `cannot be admin: ${RDS_NAME}`],
    ['--master-username', 'RDSAdmin', `cannot be RDSAdmin: ${RDS_NAME}`],
    ['--master-username', 'pg_root', `cannot be pg_root: ${RDS_NAME}`],
    ['--master-username', 'user', 'cannot be user: PostgreSQL reserves that word'],
    ['--allocated-storage', '19', 'takes 20 to 65536 GiB for gp2'],
    ['--allocated-storage', '65537', 'takes 20 to 65536 GiB for gp2'],
    ['--storage-type gp3 --allocated-storage', '19', 'takes 20 to 65536 GiB for gp3'],
    ['--storage-type io1 --iops 1000 --allocated-storage', '99', 'takes 100 to 65536 GiB for io1'],
    [
      '--storage-type io2 --iops 1000 --allocated-storage',
      '65537',
      'takes 100 to 65536 GiB for io2',
    ],
    ['--storage-type', 'gp1', 'takes one of gp2, gp3, io1, io2'],
    ['--storage-type', 'standard', 'takes one of gp2, gp3, io1, io2'],
    [
      '--availability-zone',
      'us-east-1a',
      'is us-east-1a, which is not a zone of the region ca-central-1',
    ],
    [
      '--availability-zone',
      'ca-central-1',
      'is ca-central-1, which is not a zone of the region ca-central-1',
    ],
    [
      '--multi-az --availability-zone',
      'ca-central-1a',
      'does not go with --multi-az: leave one of them out',
    ],
    ['--backup-retention-period', '-1', 'takes 0 to 35 days'],
    ['--backup-retention-period', '36', 'takes 0 to 35 days'],
    ['--port', '1149', 'takes 1150 to 65535'],
    ['--port', '65536', 'takes 1150 to 65535'],
    ['--port', '-1', 'takes 1150 to 65535'],
    ['--db-name', '', 'takes 1 to 63 characters'],
    ['--db-name', name(64), 'takes 1 to 63 characters'],
    ['--db-name', 'my-db', WORD_RULE],
    ['--db-name', 'select', 'cannot be select: PostgreSQL reserves that word'],
    [
      '--performance-insights-retention-period',
      '94',
      'takes 7 days: for more, turn on Database Insights in the console afterwards',
    ],
    [
      '--vpc-security-group-ids',
      'sg-1,default',
      'takes ids such as sg-0123456789abcdef0, not default',
    ],
  ])('%s %s', (flags, value, problem) =>
    onStage(async (stage) => {
      const words = flags.split(' ')
      const flag = words.at(-1) ?? ''
      const confirm = flag === '--db-instance-identifier' ? value : NAME
      const args = [...words.slice(0, -1), `${flag}=${value}`, '--confirm', confirm]
      const {code, stdout, stderr} = await stage.run(args)
      expect(stderr).toBe(`Error: ${flag} ${problem}\n  → ${SENT}\n`)
      expect(stdout).toBe('')
      expect(code).toBe(2)
      expect(stage.actions()).toEqual([])
    })(),
  )

  test.each([
    ['seven', 'x'.repeat(7), 'has 7 characters: RDS takes 8 to 128 of them'],
    ['129', 'x'.repeat(129), 'has 129 characters: RDS takes 8 to 128 of them'],
    ['/', 'slash/slash', 'holds one of / " @, which RDS does not take'],
    ['"', 'quote"quote', 'holds one of / " @, which RDS does not take'],
    ['@', 'at-sign@home', 'holds one of / " @, which RDS does not take'],
    ['é', 'café-noir', NOT_PRINTABLE],
    // "Only printable ASCII characters besides '/', '@', '"', ' ' may be used": alphagov/govuk-infrastructure#1270.
    ['a blank', 'correct horse', NOT_PRINTABLE],
    ['a tab', 'tab\ttabtab', NOT_PRINTABLE],
    ['a line end', 'password1\n', NOT_PRINTABLE],
    ['DEL', 'delete\x7fdel', NOT_PRINTABLE],
  ])('a password with %s', (_, password, problem) =>
    onStage(async (stage) => {
      const {code, stdout, stderr} = await stage.create([], {RDS_MASTER_PASSWORD: password})
      expect(stderr).toBe(`Error: RDS_MASTER_PASSWORD: the password ${problem}\n  → ${SENT}\n`)
      expect(stdout).toBe('')
      expect(code).toBe(2)
      expect(stage.actions()).toEqual([])
    })(),
  )

  test('a password that is not there', () =>
    onStage(async (stage) => {
      for (const RDS_MASTER_PASSWORD of ['', undefined]) {
        const {code, stderr} = await stage.create([], {RDS_MASTER_PASSWORD})
        const problem =
          'there is no password: set RDS_MASTER_PASSWORD, or give --manage-master-user-password'
        expect(stderr).toBe(`Error: ${problem}\n  → ${SENT}\n`)
        expect(code).toBe(2)
      }
      expect(stage.actions()).toEqual([])
    })())

  test.each([
    ['--port', 'abc'],
    ['--allocated-storage', '20.5'],
    ['--backup-retention-period', ''],
  ])('no number: %s %s', (flag, value) =>
    onStage(async (stage) => {
      const {code, json} = await stage.create([flag, value, '--json'])
      expect(json).toMatchObject({error: {code: 'USAGE', hint: 'see --help'}})
      expect(code).toBe(2)
      expect(stage.actions()).toEqual([])
    })(),
  )

  test('a password in a dry run', () =>
    onStage(async (stage) => {
      const {code, stdout} = await stage.run(['--dry-run'], {RDS_MASTER_PASSWORD: 'short'})
      expect(stdout).toBe('')
      expect(code).toBe(2)
      expect(stage.actions()).toEqual([])
    })())

  test.each(['confirm cruddur-db-instance', 'dry-run'])(
    'a zone of another region than that of the AWS profile, with nothing sent: --%s',
    (flags) =>
      onStage(async (stage) => {
        const file = join(mkdtempSync(join(tmpdir(), 'cruddur-db-test-')), 'config')
        writeFileSync(file, '[default]\nregion = ca-central-1\n')
        const env = {AWS_REGION: undefined, AWS_CONFIG_FILE: file}
        const args = [...`--${flags}`.split(' '), '--availability-zone', 'us-east-1a']
        const {code, stdout, stderr} = await stage.run(args, env)
        expect(stderr).toContain(
          `Error: --availability-zone is us-east-1a, which is not a zone of the region ca-central-1\n  → ${SENT}\n`,
        )
        expect([code, stdout]).toEqual([2, ''])
        expect(stage.actions()).toEqual([])
      })(),
  )
})

describe.concurrent('a value at the edge is taken:', () => {
  const long = name(63)
  test.each([
    ['--db-instance-identifier a --master-username r --db-name d', {DBName: 'd'}],
    [
      `--db-instance-identifier ${long} --master-username ${long} --db-name ${long}`,
      {DBInstanceIdentifier: long, MasterUsername: long, DBName: long},
    ],
    ['--db-instance-identifier A-1-b', {DBInstanceIdentifier: 'A-1-b'}],
    ['--master-username administrator', {MasterUsername: 'administrator'}],
    [
      '--allocated-storage 20 --backup-retention-period 0 --port 1150',
      {AllocatedStorage: 20, BackupRetentionPeriod: 0, Port: 1150},
    ],
    [
      '--allocated-storage 65536 --backup-retention-period 35 --port 65535',
      {AllocatedStorage: 65536, BackupRetentionPeriod: 35, Port: 65535},
    ],
    ['--storage-type gp3 --allocated-storage 20', {StorageType: 'gp3', AllocatedStorage: 20}],
    ['--storage-type io1 --iops 1000 --allocated-storage 100', {AllocatedStorage: 100, Iops: 1000}],
    ['--storage-type io2 --iops 1000 --allocated-storage 65536', {StorageType: 'io2'}],
    ['--performance-insights-retention-period 7', {PerformanceInsightsRetentionPeriod: 7}],
    ['--availability-zone ca-central-1d', {AvailabilityZone: 'ca-central-1d'}],
  ])('%s', (flags, request) =>
    onStage(async (stage) => {
      const {code, json} = await stage.run([...flags.split(' '), '--dry-run', '--json'])
      expect(json).toMatchObject({plan: {request}})
      expect(code).toBe(0)
    })(),
  )

  test.each([8, 128])('a password of %i characters', (length) =>
    onStage(async (stage) => {
      const {code} = await stage.create(['--no-wait'], {RDS_MASTER_PASSWORD: name(length)})
      expect(code).toBe(0)
    })(),
  )
})

test(
  'all problems are told at once',
  onStage(async (stage) => {
    const args = [
      ...['--db-instance-identifier', 'my--db', '--master-username', 'admin', '--port', '80'],
      ...['--storage-type', 'io1', '--backup-retention-period', '40', '--engine', 'mysql'],
      ...['--performance-insights-retention-period', '31', '--db-name', 'my-db', '--multi-az'],
      ...['--availability-zone', 'ca-central-1a', '--engine-version', 'x', '--json'],
    ]
    const problems = [
      '--db-instance-identifier takes no hyphen at its end, and no two in a row',
      '--engine takes postgres and nothing else',
      '--engine-version takes a version, such as 17 or 17.9',
      '--master-username cannot be admin: RDS keeps that name to itself',
      '--availability-zone does not go with --multi-az: leave one of them out',
      '--backup-retention-period takes 0 to 35 days',
      '--port takes 1150 to 65535',
      '--db-name takes letters, digits and underscores, a letter first',
      '--performance-insights-retention-period takes 7 days: for more, turn on Database Insights in the console afterwards',
      '--allocated-storage takes 100 to 65536 GiB for io1',
      '--iops is needed for io1',
      'RDS_MASTER_PASSWORD: the password has 5 characters: RDS takes 8 to 128 of them',
    ]
    const {code, json, stderr} = await stage.create(args, {RDS_MASTER_PASSWORD: 'short'})
    expect(json).toEqual({
      error: {code: 'CONFIGURATION', message: problems.join('\n'), hint: SENT, problems},
    })
    expect(stderr).toBe('')
    expect(code).toBe(2)
    expect(stage.actions()).toEqual([])
  }),
)
