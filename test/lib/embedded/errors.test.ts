import {expect, test} from 'vitest'
import {homeError} from '../../../src/lib/embedded/errors.js'

function systemError(code: string, path?: string): Error {
  return Object.assign(new Error(`${code}: odd`), {code, ...(path ? {path} : {})})
}

test.each([
  ['ENOSPC', 'EMBEDDED_DISK_FULL', 1, 'no space is left on the disk of /home'],
  ['EDQUOT', 'EMBEDDED_DISK_FULL', 1, 'no space is left on the disk of /home'],
  ['EROFS', 'EMBEDDED_HOME_DENIED', 2, 'no permission to use /home/data (EROFS)'],
  ['EPERM', 'EMBEDDED_HOME_DENIED', 2, 'no permission to use /home/data (EPERM)'],
  ['EEXIST', 'EMBEDDED_HOME_INVALID', 2, '/home is not a folder, or has a file on its path'],
  ['ENAMETOOLONG', 'EMBEDDED_HOME_INVALID', 2, 'the path /home is too long'],
  ['EIO', 'EMBEDDED_HOME_FAILED', 1, 'the folder /home cannot be used: EIO'],
])('%s in the home is told as %s', (errno, code, exit, message) => {
  const cause = systemError(errno, '/home/data')
  expect(homeError(cause, '/home')).toMatchObject({code, exit, message, cause})
})

test.each([
  ['a bug', new TypeError('x is not a function')],
  ['an error of Node’s own', systemError('ERR_INVALID_ARG_TYPE')],
  ['no error at all', 'odd'],
])('%s comes back as it is', (_, error) => {
  expect(homeError(error, '/home')).toBe(error)
})
