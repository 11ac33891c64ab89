import type {FileCase} from './copy-cases.js'

/** A line between two statements that sends nothing. */
const line = (name: string, text: string, ...echoed: readonly string[]): FileCase => ({
  name,
  files: `SELECT 1;\n${text}\nSELECT 2;\n`,
  sent: ['SELECT 1', 'SELECT 2'],
  echoed,
})

/** A line that includes `in.sql`, or the file given. */
const includes = (name: string, text: string, path = 'in.sql'): FileCase => ({
  name,
  files: {'main.sql': `SELECT 1;\n${text}\nSELECT 3;\n`, [path]: 'SELECT 2;\n'},
  sent: ['SELECT 1', 'SELECT 2', 'SELECT 3'],
})

export const COMMAND_CASES: readonly FileCase[] = [
  {name: 'a byte order mark', files: '\ufeffSELECT 1;', sent: ['SELECT 1']},
  {
    name: 'a byte order mark before a command, and in an included file',
    files: {'main.sql': '\ufeff\\i in.sql\n', 'in.sql': '\ufeff\nSELECT 1;'},
    sent: ['SELECT 1'],
  },
  {
    name: 'a file of pg_dump',
    files: `--\n-- a\n--\n\n\\restrict aB1\n\nSET a = 0;\n\nCOPY t (a) FROM stdin;\n1\n\\.\n\n\\unrestrict aB1\n\n`,
    sent: ['SET a = 0', ['COPY t (a) FROM stdin', '1\n']],
  },
  {
    name: 'restricted twice, one after the other',
    files: '\\restrict a\nSELECT 1;\n\\unrestrict a\n\\restrict b\nSELECT 2;\n\\unrestrict b\n',
    sent: ['SELECT 1', 'SELECT 2'],
  },
  {
    name: 'a restriction that an included file begins',
    files: {
      'main.sql': '\\i in.sql\nSELECT 2;\n\\unrestrict a\n',
      'in.sql': '\\restrict a\nSELECT 1;',
    },
    sent: ['SELECT 1', 'SELECT 2'],
  },
  line('\\set ON_ERROR_STOP', '\\set ON_ERROR_STOP on\n\\set ON_ERROR_STOP off'),
  line('\\pset', "\\pset null x\n\\pset null ''"),
  line('\\timing', '\\timing on\n\\timing off'),
  line('\\echo', '\\echo a', 'a'),
  line('\\echo of nothing', '\\echo', ''),
  line('\\echo without a line end', '\\echo -n a', 'a'),
  line('\\echo of blanks', '\\echo  a \t  b  ', 'a b'),
  line(
    '\\echo of quotes',
    `\\echo 'it''s' "q  r" -n a'b c'd "it's"`,
    `it's "q  r" -n ab cd "it's"`,
  ),
  line('\\echo of escapes', "\\echo 'a\\nb\\tc\\x41\\101\\'\\\\'", 'a', "b\tcAA'\\"),
  line('\\echo of what is no comment', '\\echo a -- b; /* c */', 'a -- b; /* c */'),
  line('\\echo of what is no variable', '\\echo a:b :nope ::int', 'a:b :nope ::int'),
  line('\\qecho', "\\qecho a 'b'", 'a b'),
  line('\\echo, indented and behind a comment', '  /* a */ \\echo b', 'b'),
  line('commands in a row', '\\echo a \\echo b\\echo c', 'a', 'b', 'c'),
  line('commands in CRLF', '\\echo a\r\n\\pset null x\r', 'a'),
  line('no command in a comment', '-- \\echo a\n/* \\echo b\n\\echo c\n*/'),
  {
    name: 'no command in quotes',
    files: `SELECT '\\echo a\n\\echo b', "\\c", $$\\d$$, E'\\\\';`,
    sent: [`SELECT '\\echo a\n\\echo b', "\\c", $$\\d$$, E'\\\\'`],
  },
  {
    name: 'a command behind a statement, and a statement behind a command',
    files: 'SELECT 1; \\echo a \\\\ SELECT 2; -- b\n\\echo c\\\\SELECT 3;',
    sent: ['SELECT 1', 'SELECT 2', 'SELECT 3'],
    echoed: ['a', 'c'],
  },
  {name: 'a command at the end of the file', files: '\\echo a', sent: [], echoed: ['a']},
  {
    name: '\\encoding',
    files: "\\encoding UTF8\n\\encoding 'utf-8'\nSELECT 1;",
    sent: ["set client_encoding to 'UTF8'", "set client_encoding to 'utf-8'", 'SELECT 1'],
  },
  includes('\\i', '\\i in.sql'),
  includes('\\include', '\\include in.sql'),
  includes('\\ir', '\\ir in.sql'),
  includes('\\include_relative', '\\include_relative ./in.sql'),
  includes('\\i with a semicolon', '\\i in.sql;'),
  includes('\\i in CRLF', '\\i in.sql\r'),
  includes('\\i of a quoted name', "\\i 'it''s a file.sql'", "it's a file.sql"),
  includes('\\i of a name in parts', "\\i 'a b'/c' 'd.sql", 'a b/c d.sql'),
  {
    name: '\\i from the working directory, \\ir from the folder of the file',
    files: {
      'main.sql': '\\i a/in.sql\n\\ir b.sql\n',
      'a/in.sql': "SELECT 'a';\n\\ir b.sql\n\\i b.sql\n\\ir ../b.sql\n\\ir c/d.sql\n",
      'a/b.sql': "SELECT 'a/b'",
      'b.sql': "SELECT 'b'",
      'a/c/d.sql': '\\ir ../b.sql\n',
    },
    sent: ['a', 'a/b', 'b', 'b', 'a/b', 'b'].map((name) => `SELECT '${name}'`),
  },
  {
    name: 'a file included twice',
    files: {'main.sql': '\\i in.sql\n\\i in.sql\n', 'in.sql': 'SELECT 1;'},
    sent: ['SELECT 1', 'SELECT 1'],
  },
  {
    name: 'an included file without a final semicolon, or of comments only, or empty',
    files: {'main.sql': '\\i a\n\\i b\n\\i c\nSELECT 2;', a: 'SELECT 1', b: '-- b', c: ''},
    sent: ['SELECT 1', 'SELECT 2'],
  },
  {
    name: 'COPY in an included file',
    files: {'main.sql': '\\i in.sql\nSELECT 2;', 'in.sql': 'COPY t FROM stdin;\n1\n\\.'},
    sent: [['COPY t FROM stdin', '1\n'], 'SELECT 2'],
  },
  {
    name: 'a command in the middle of a statement',
    files: 'SELECT 1 \\echo a\n, 2;',
    sent: ['SELECT 1 \n, 2'],
    echoed: ['a'],
    refused: 'SQL_UNSUPPORTED',
  },
  {
    name: 'a statement that is sent by \\g',
    files: 'SELECT 1 \\g\nSELECT 2;',
    sent: ['SELECT 1', 'SELECT 2'],
    refused: 'SQL_UNSUPPORTED',
  },
]
