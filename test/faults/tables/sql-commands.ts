import type {Fault} from '../fault.js'
import {inFile} from './words.js'

const seed = ['seed', '--seed-file', 's.sql']

/** Commands of psql's that reach for this machine. */
const REACHING: readonly Fault[] = [
  ['\\! touch pwned', '\\! is a command of psql, not SQL'],
  ["\\copy people from program 'touch pwned'", '\\copy is a command of psql, not SQL'],
  ['\\o |touch pwned', '\\o is a command of psql, not SQL'],
  ['SELECT 1 \\g |touch pwned', '\\g is a command of psql, not SQL'],
].map(([line = '', message = '']) => ({
  name: `a file says ${line}`,
  files: {'s.sql': `DELETE FROM letters;\n${line}\n`},
  args: seed,
  sees: {
    exit: 1,
    code: 'SQL_UNSUPPORTED',
    stderr: inFile(
      2,
      message,
      line.replace(/\\/, '^\\'),
      '→ remove it: in psql it can run programs or write files on this machine',
    ),
  },
}))

const OTHER_COMMANDS: readonly Fault[] = [
  {
    name: 'a file has psql run a program in backticks',
    files: {'s.sql': 'DELETE FROM letters;\n\\echo `touch pwned`\n'},
    args: seed,
    sees: {
      exit: 1,
      code: 'SQL_UNSUPPORTED',
      stderr: inFile(
        2,
        '\\echo would run the program in backticks on this machine',
        '^\\echo `touch pwned`',
        '→ write its output in its place',
      ),
    },
  },
  {
    name: 'a file goes over to another database',
    files: {'s.sql': '\\connect postgres\nDROP TABLE people;\n'},
    args: seed,
    sees: {
      exit: 1,
      code: 'SQL_UNSUPPORTED',
      stderr: inFile(
        1,
        '\\connect goes to another database than the target, or to another user or server',
        '^\\connect postgres',
        '→ remove the line, or cut the file there and load each part into its own --url',
      ),
    },
  },
  {
    name: 'a dump was tampered with between \\restrict and \\unrestrict',
    files: {'s.sql': '\\restrict key\n\\! touch pwned\n\\unrestrict key\n'},
    args: seed,
    sees: {
      exit: 1,
      code: 'SQL_UNSUPPORTED',
      stderr: inFile(
        2,
        '\\! stands between \\restrict and \\unrestrict, where psql allows no command',
        '^\\! touch pwned',
        '→ the file was changed after pg_dump wrote it: look at this line before you run it',
      ),
    },
  },
]

export const sqlCommandFaults = {
  title: 'Commands of psql’s in SQL files',
  faults: [...REACHING, ...OTHER_COMMANDS],
}
