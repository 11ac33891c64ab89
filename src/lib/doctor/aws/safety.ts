import {plural} from '../../plural.js'
import type {Finding} from '../check.js'
import {ok, warn} from '../findings.js'
import {instanceCheck} from './instance-check.js'
import type {Seen} from './look.js'

function judgeBackups({aws, identifier, instance}: Seen): Finding {
  const days = instance.BackupRetentionPeriod ?? 0
  if (days > 0) return ok(`backups of ${plural(days, 'day')} are kept`)
  const fix = aws('modify-db-instance', '--backup-retention-period 7 --apply-immediately')
  return warn(`"${identifier}" has no backups: what is lost stays lost`, fix)
}

function judgeProtection({aws, identifier, instance}: Seen): Finding {
  if (instance.DeletionProtection) return ok(`"${identifier}" is protected from deletion`)
  const fix = aws('modify-db-instance', '--deletion-protection --apply-immediately')
  return warn(`nothing keeps "${identifier}" from being deleted by mistake`, fix)
}

const HOW_TO_ENCRYPT =
  'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.html'

function judgeEncryption({identifier, instance}: Seen): Finding {
  if (instance.StorageEncrypted) return ok('the storage is encrypted')
  return warn(
    `the storage of "${identifier}" is not encrypted`,
    `restore it from an encrypted copy of a snapshot: ${HOW_TO_ENCRYPT}`,
  )
}

export const backupsCheck = instanceCheck('rds-backups', judgeBackups)
export const protectionCheck = instanceCheck('rds-deletion-protection', judgeProtection)
export const encryptionCheck = instanceCheck('rds-encryption', judgeEncryption)
