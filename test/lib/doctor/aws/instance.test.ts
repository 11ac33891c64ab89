import {describe, expect, it} from 'vitest'
import {NAME} from '../../../support/rds-create.js'
import {onStage} from './scene.js'

const MODIFY = `aws rds modify-db-instance --db-instance-identifier ${NAME} --region ca-central-1`
const days = (count: number): Date => new Date(Date.now() + (count * 24 + 1) * 60 * 60 * 1000)
const dayOf = (date: Date): string => date.toISOString().slice(0, 10)

describe('the status of the instance', () => {
  it.each([
    ['available', 'ok', ''],
    ['storage-optimization', 'ok', ''],
    ['stopped', 'fail', ', which does not end by itself'],
    ['stopping', 'fail', ', which does not end by itself'],
    ['storage-full', 'fail', ', which does not end by itself'],
    ['incompatible-parameters', 'fail', ', which does not end by itself'],
    ['inaccessible-encryption-credentials', 'fail', ', which does not end by itself'],
    ['failed', 'fail', ', which does not end by itself'],
    ['starting', 'warn', ': it takes no connections for some minutes'],
    ['rebooting', 'warn', ': it takes no connections for some minutes'],
    ['modifying', 'warn', ': it may be slow, or away for a moment'],
    ['backing-up', 'warn', ': it may be slow, or away for a moment'],
  ])('%s is %s', (status, expected, why) =>
    onStage(async ({see, set}) => {
      set({DBInstanceStatus: status})
      expect(await see('rds-status')).toMatchObject({
        status: expected,
        message: `the instance "${NAME}" is ${status}${why}`,
      })
    }),
  )

  it.each([
    ['stopped', `aws rds start-db-instance --db-instance-identifier ${NAME} --region ca-central-1`],
    [
      'stopping',
      `once it is stopped: aws rds start-db-instance --db-instance-identifier ${NAME} --region ca-central-1`,
    ],
    ['storage-full', `${MODIFY} --allocated-storage 23 --apply-immediately`],
    [
      'modifying',
      `aws rds wait db-instance-available --db-instance-identifier ${NAME} --region ca-central-1`,
    ],
    ['incompatible-parameters', 'put a parameter group on it that fits, then reboot it'],
  ])('%s is cured by %s, and available then', (status, fix) =>
    onStage(async ({see, set}) => {
      set({DBInstanceStatus: status})
      expect((await see('rds-status')).fix).toBe(fix)
      set({DBInstanceStatus: 'available'})
      expect(await see('rds-status')).toEqual({
        status: 'ok',
        message: `the instance "${NAME}" is available`,
      })
    }),
  )

  it('is cured in its own region, whichever one the variables name: the aws command does not read all of them', () =>
    onStage(async ({see, set}) => {
      set({DBInstanceStatus: 'stopped'})
      for (const AWS_REGION of ['eu-west-1', 'ca-central-1'])
        expect((await see('rds-status', {AWS_REGION})).fix).toBe(
          `aws rds start-db-instance --db-instance-identifier ${NAME} --region ca-central-1`,
        )
    }))
})

describe('what keeps data safe', () => {
  it.each([
    [
      'rds-backups',
      {BackupRetentionPeriod: 0},
      `"${NAME}" has no backups: what is lost stays lost`,
      `${MODIFY} --backup-retention-period 7 --apply-immediately`,
      {BackupRetentionPeriod: 7},
      'backups of 7 days are kept',
    ],
    [
      'rds-deletion-protection',
      {DeletionProtection: false},
      `nothing keeps "${NAME}" from being deleted by mistake`,
      `${MODIFY} --deletion-protection --apply-immediately`,
      {DeletionProtection: true},
      `"${NAME}" is protected from deletion`,
    ],
    [
      'rds-encryption',
      {StorageEncrypted: false},
      `the storage of "${NAME}" is not encrypted`,
      'restore it from an encrypted copy of a snapshot: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.html',
      {StorageEncrypted: true},
      'the storage is encrypted',
    ],
  ])('%s: %o is told', (name, fault, message, fix, cured, fine) =>
    onStage(async ({see, set}) => {
      set(fault)
      expect(await see(name)).toEqual({status: 'warn', message, fix})
      set(cured)
      expect(await see(name)).toEqual({status: 'ok', message: fine})
    }),
  )
})

describe('the certificate of the instance', () => {
  const NEW = `${MODIFY} --ca-certificate-identifier rds-ca-rsa2048-g1 --apply-immediately`
  const certificate = (CAIdentifier: string, ValidTill: Date) => ({
    CACertificateIdentifier: CAIdentifier,
    CertificateDetails: {CAIdentifier, ValidTill},
  })
  const fine = certificate('rds-ca-rsa2048-g1', days(365))

  it.each([
    [61, 'ok'],
    [59, 'warn'],
    [0, 'warn'],
    [-2, 'fail'],
  ])('that ends in %i days is %s', (left, status) =>
    onStage(async ({see, set}) => {
      set(certificate('rds-ca-rsa2048-g1', days(left)))
      const found = await see('rds-certificate')
      expect(found.status).toBe(status)
      expect(found.message).toContain(dayOf(days(left)))
      if (status !== 'ok') expect(found.fix).toBe(NEW)
      set(fine)
      expect(await see('rds-certificate')).toEqual({
        status: 'ok',
        message: `the certificate of rds-ca-rsa2048-g1 is good until ${dayOf(days(365))}`,
      })
    }),
  )

  it('of an authority that has ended is no good, whatever it says itself', () =>
    onStage(async ({see, set}) => {
      set(certificate('rds-ca-2019', days(100)))
      expect(await see('rds-certificate')).toEqual({
        status: 'fail',
        message:
          'the certificate of rds-ca-2019 ended on 2024-08-22: verify-full, the default, refuses it',
        fix: NEW,
      })
    }))

  it('is fine as far as is known where AWS does not tell its end', () =>
    onStage(async ({see}) => {
      expect(await see('rds-certificate')).toEqual({
        status: 'ok',
        message: 'the certificate of rds-ca-rsa2048-g1 is in use',
      })
    }))
})
