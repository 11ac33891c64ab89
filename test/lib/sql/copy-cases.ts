import type {Files} from './psql.js'

/** What a file has sent: a statement, or a COPY with its rows. */
export type Step = string | readonly [copy: string, rows: string]

/** A file, or several, with COPY or commands of psql in it. */
export interface FileCase {
  name: string
  files: Files
  sent: readonly Step[]
  /** The lines it writes. */
  echoed?: readonly string[]
  /** Refused here, with this code, though psql does it. */
  refused?: string
}

const ROWS = '1\ta\n2\tb\n'

/** A COPY, its rows and what ends them, and a statement behind them. */
const copies = (name: string, rows: string, ending = '\\.\n'): FileCase => ({
  name,
  files: `COPY t FROM stdin;\n${rows}${ending}SELECT 2;\n`,
  sent: [['COPY t FROM stdin', rows], 'SELECT 2'],
})

/** A form of COPY … FROM stdin. */
const isCopy = (name: string, statement: string): FileCase => ({
  name,
  files: `${statement};\n${ROWS}\\.\nSELECT 2;\n`,
  sent: [[statement, ROWS], 'SELECT 2'],
})

export const COPY_CASES: readonly FileCase[] = [
  copies('rows', ROWS),
  copies('no rows', ''),
  copies('an empty row', '\n'),
  copies('rows in CRLF', '1\r\n2\r\n', '\\.\r\n'),
  copies('rows that look like statements', "SELECT 1;\n'\n/*\n--\n$$\n(\n"),
  copies('rows that look like commands', '\\echo a\n\\N\n\\i x\n:a\n\\restrict a\n'),
  copies('rows that look like the end', '\\. \n \\.\n\\.a\na\\.\n\\\\.\n\\.\\.\n.\n\\\n'),
  copies('a CR in a row', '1\\.\r2\n\\.\r3\n'),
  copies('rows of many bytes', `${'é😀'.repeat(1500)}\n${'a\n'.repeat(5000)}`),
  copies('an end that lies across buffers of 8 KB', `${'a'.repeat(8189)}\n`),
  {
    name: 'the end of the rows at the end of the file',
    files: 'COPY t FROM stdin;\n1\n\\.',
    sent: [['COPY t FROM stdin', '1\n']],
  },
  {
    name: 'the end of the rows at the end of the file, with a CR',
    files: 'COPY t FROM stdin;\r\n1\r\n\\.\r',
    sent: [['COPY t FROM stdin', '1\r\n']],
  },
  {
    name: 'COPY twice',
    files: `COPY t FROM stdin;\n1\n\\.\nCOPY t FROM stdin;\n2\n\\.\n`,
    sent: [
      ['COPY t FROM stdin', '1\n'],
      ['COPY t FROM stdin', '2\n'],
    ],
  },
  {
    name: 'comments around a COPY',
    files: `-- a;\nCOPY t FROM stdin; -- b; 'c\n1\n\\.\n--\n\n/* d */ COPY t FROM stdin;/* e */\n2\n\\.\n`,
    sent: [
      ['COPY t FROM stdin', '1\n'],
      ['COPY t FROM stdin', '2\n'],
    ],
  },
  {
    name: 'a statement before a COPY in its line',
    files: 'SELECT 1; COPY t FROM stdin;\n1\n\\.\n',
    sent: ['SELECT 1', ['COPY t FROM stdin', '1\n']],
  },
  {
    name: 'CSV over several lines',
    files: `COPY t FROM stdin (FORMAT csv);\n1,"a;\n\nb"\n\\.\nSELECT 2;\n`,
    sent: [['COPY t FROM stdin (FORMAT csv)', '1,"a;\n\nb"\n'], 'SELECT 2'],
  },
  isCopy('COPY in small letters', 'copy public.t (a, "b;c") from stdin'),
  isCopy('COPY with options', `COPY t FROM STDIN WITH (DELIMITER ';', NULL '(')`),
  isCopy('COPY as of old', `COPY t FROM stdin DELIMITERS '|' NULL AS 'x'`),
  isCopy('COPY with a condition', 'COPY t FROM stdin WHERE a > 1'),
  isCopy('COPY over several lines', 'COPY t -- from\n(a)\n\nFROM /* x */\nstdin'),
  isCopy('COPY from STDOUT, which is the same', 'COPY t FROM STDOUT'),
  isCopy('COPY into a table called "from"', 'COPY "from" FROM stdin'),
  {
    name: 'COPY to standard output',
    files: 'COPY t TO stdout;\nCOPY (SELECT 1 FROM stdin) TO stdout;\nSELECT 2;\n',
    sent: ['COPY t TO stdout', 'COPY (SELECT 1 FROM stdin) TO stdout', 'SELECT 2'],
  },
  {
    name: 'a statement behind a COPY in its line, which psql runs after the rows',
    files: 'COPY t FROM stdin; SELECT 1;\n1\n\\.\n',
    sent: [['COPY t FROM stdin', '1\n'], 'SELECT 1'],
    refused: 'SQL_UNSUPPORTED',
  },
  {
    name: 'two COPYs in a line',
    files: 'COPY t FROM stdin; COPY u FROM stdin;\n1\n\\.\n2\n\\.\n',
    sent: [
      ['COPY t FROM stdin', '1\n'],
      ['COPY u FROM stdin', '2\n'],
    ],
    refused: 'SQL_UNSUPPORTED',
  },
  {
    name: 'rows to the end of the file',
    files: 'COPY t FROM stdin;\n1\n2',
    sent: [['COPY t FROM stdin', '1\n2']],
    refused: 'SQL_UNTERMINATED',
  },
  {
    name: 'COPY at the end of the file',
    files: 'COPY t FROM stdin;',
    sent: [['COPY t FROM stdin', '']],
    refused: 'SQL_UNTERMINATED',
  },
]
