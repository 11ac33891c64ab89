import {symlinkSync} from 'node:fs'
import {join} from 'node:path'
import type {Fault, Sight} from '../fault.js'
import {misconfigured} from './production-words.js'
import {inFile} from './words.js'

/** A seed that fails, as everywhere. */
const FAILS = {
  files: {'s.sql': 'DELETE FROM letters;\nSELECT 1/0;\n'},
  args: ['seed', '--seed-file', 's.sql'],
  sees: {
    exit: 1,
    code: 'SQL_ERROR',
    stderr: inFile(2, 'division by zero', '^SELECT 1/0;', 'SQLSTATE 22012'),
  },
} as const

/** The same shown from another folder. */
const FAILS_ELSEWHERE = {
  ...FAILS,
  args: ['seed', '--seed-file', '{folder}/s.sql'],
  sees: {...FAILS.sees, stderr: FAILS.sees.stderr.replace('s.sql', '{folder}/s.sql')},
}

const THIS_PROGRAM: readonly Fault[] = [
  {...FAILS, name: 'there is no HOME', shell: 'unset HOME; exec "$@"'},
  {...FAILS, name: 'HOME is not there', shell: 'HOME=/nonexistent exec "$@"'},
  {...FAILS, name: 'PATH is empty', shell: 'PATH= exec "$@"'},
  {...FAILS, name: 'the folder for temporary files is not there', env: {TMPDIR: '/nonexistent'}},
  {
    ...FAILS_ELSEWHERE,
    name: 'the working directory cannot be written to',
    shell: 'cd /proc/self && exec "$@"',
  },
  {
    ...FAILS,
    name: 'the working directory has been removed',
    args: ['drop'],
    shell: 'mkdir gone && cd gone && rmdir ../gone && exec "$@"',
    sees: {
      exit: 2,
      code: 'FOLDER_GONE',
      target: undefined,
      stderr:
        'WARNING: current directory does not exist\nError: the working directory does not exist any more\n  → change into another one\n',
    },
  },
  {
    ...FAILS,
    name: '.env leads round in a circle',
    arrange: async ({folder}) => {
      symlinkSync('.env', join(folder, '.env'))
      return undefined
    },
    sees: misconfigured(`Error: the environment file .env cannot be read (ELOOP)
  → correct .env, or name another file with --env-file
`),
  },
  {...FAILS, name: 'few files may be open', shell: 'ulimit -n 40; exec "$@"'},
  {
    ...FAILS,
    name: 'stderr cannot be written',
    shell: 'exec "$@" 2> /dev/full',
    sees: {...FAILS.sees, target: undefined, stderr: ''},
    forms: ['words'],
  },
  {
    ...FAILS,
    name: 'stderr is closed',
    shell: 'exec "$@" 2>&-',
    sees: {...FAILS.sees, target: undefined, stderr: ''},
    forms: ['words'],
  },
]

const GOES: Sight = {exit: 0, stderr: ''}

/** What was done is done, also where nobody can read of it. */
const STDOUT: readonly Fault[] = [
  {
    name: 'the disk is full to which stdout is written',
    args: ['create'],
    shell: 'exec "$@" > /dev/full',
    sees: {
      exit: 1,
      code: 'OUTPUT_FAILED',
      stderr: `Error: stdout cannot be written: ENOSPC: no space left on device, write
  → what was done is done; free some space or write elsewhere
`,
    },
    forms: ['words'],
  },
  {
    name: 'the reader of stdout has gone (| head)',
    args: ['sessions', '--all'],
    shell: '{ "$@"; echo $? > code; } | true; exit $(cat code)',
    sees: GOES,
    forms: ['words'],
  },
  {
    name: 'stdout is closed',
    args: ['create'],
    shell: 'exec "$@" >&-',
    sees: GOES,
    forms: ['words'],
  },
]

export const resourceFaults = {title: 'This machine', faults: [...THIS_PROGRAM, ...STDOUT]}
