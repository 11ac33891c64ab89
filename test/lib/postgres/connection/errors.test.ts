import {describe, expect, test} from 'vitest'
import {queryError} from '../../../../src/lib/postgres/connection/errors.js'
import type {ServerError} from '../../../../src/lib/server-error.js'
import {targetOf} from '../../../support/target.js'

const target = targetOf('d', {user: 'u'})

function said(code: string, message: string, more: Partial<ServerError> = {}) {
  const error = Object.assign(new Error(message), {code, severity: 'ERROR', ...more})
  return queryError(error, target)
}

const DISK = 'look into the server’s log: its disk fails, or may not be written to'

describe('what the server says to a statement', () => {
  test.each([
    [
      '42501',
      'must be owner of schema s',
      'NO_RIGHTS',
      'log in as a role that may, or grant u the right',
    ],
    ['42501', 'could not open file "base/1/2": Permission denied', 'SERVER_ERROR', DISK],
    ['42501', 'could not create file "base/1/2": Read-only file system', 'SERVER_ERROR', DISK],
    ['58030', 'could not read block 3: Input/output error', 'SERVER_ERROR', DISK],
    [
      '53000',
      'too many open files',
      'SERVER_FULL',
      'free disk space or memory on the server, then try again',
    ],
    [
      '53100',
      'could not extend file "base/1/2": No space left on device',
      'SERVER_FULL',
      'free disk space on the server, or enlarge its storage, then try again',
    ],
    [
      '53200',
      'out of memory',
      'SERVER_FULL',
      'free memory on the server, or have it use less (work_mem), then try again',
    ],
    [
      '53400',
      'temporary file size exceeds temp_file_limit (1kB)',
      'SERVER_FULL',
      'raise the limit that the message names on the server, then try again',
    ],
    ['54001', 'stack depth limit exceeded', 'SERVER_ERROR', undefined],
  ])('%s %s', (sqlstate, message, code, hint) => {
    expect(said(sqlstate, message)).toMatchObject({
      code,
      exit: 1,
      message,
      details: {sqlstate, hint},
    })
  })

  test.each(['42501', '53100', '53200', '58030', '54001'])('%s: its own hint wins', (code) => {
    expect(said(code, 'no', {hint: 'do this'}).details.hint).toBe('do this')
  })

  test.each([
    [
      'cannot execute nextval() during recovery',
      'this server is a standby, which only reads',
      'name the primary in the URL, or several hosts with ?target_session_attrs=read-write',
    ],
    [
      'cannot execute DELETE in a read-only transaction',
      'this server is a standby, or default_transaction_read_only is on',
      'name the primary in the URL; or, if that setting is on, add ?options=-c%20default_transaction_read_only%3Doff to the URL',
    ],
  ])('%s: what can be told from it', (message, why, hint) => {
    expect(said('25006', message)).toMatchObject({
      code: 'READ_ONLY',
      exit: 1,
      message: `${message}: ${why}`,
      details: {sqlstate: '25006', hint},
    })
  })
})
