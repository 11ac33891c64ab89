/** A file's text and the statements it holds. */
export interface Case {
  name: string
  sql: string
  statements: readonly string[]
  /** psql cuts it differently: why. */
  psqlDiffers?: string
}

const both = (first: string, second = 'SELECT 2'): readonly string[] => [first, second]

/** One statement with something tricky in it, and one behind it that shows the scanner came out of it. */
const follows = (name: string, statement: string): Case => ({
  name,
  sql: `${statement}; SELECT 2;`,
  statements: both(statement),
})

export const CASES: readonly Case[] = [
  {name: 'an empty file', sql: '', statements: []},
  {name: 'blanks only', sql: ' \n\t\r\n\f', statements: []},
  {name: 'comments only', sql: '-- a;\n/* b; */ --', statements: []},
  {name: 'empty statements', sql: ';; SELECT 1;;\n; ;', statements: ['SELECT 1']},
  {name: 'no final semicolon', sql: 'SELECT 1; SELECT 2', statements: both('SELECT 1')},
  {name: 'a comment behind the last', sql: 'SELECT 1;\n-- end', statements: ['SELECT 1']},
  {
    name: 'a comment before the first',
    sql: '-- a\n/* b */ SELECT 1;',
    statements: ['SELECT 1'],
  },
  {name: 'CRLF lines', sql: 'SELECT 1;\r\nSELECT 2;\r\n', statements: both('SELECT 1')},
  {name: 'CRLF behind a comment', sql: "-- it's\r\nSELECT 1;", statements: ['SELECT 1']},
  {
    name: 'CR alone ends a comment',
    sql: "-- it's\rSELECT 1; SELECT 2;",
    statements: both('SELECT 1'),
  },
  follows('a comment within', "SELECT -- ; it's\n 1"),
  follows('a comment in CRLF within', "SELECT -- ; it's\r\n 1"),
  follows('a block comment', "SELECT /* ; ' */ 1"),
  follows('nested comments', 'SELECT /* a /* b; */ c; */ 1'),
  follows('a comment of stars', 'SELECT /***;***/ 1'),
  follows('a comment that looks closed', 'SELECT /*/ ; */ 1'),
  follows('a comment opened behind a slash', 'SELECT 4 //* ; */ 2'),
  follows('a comment behind an operator', "SELECT 1 +-- ; '\n 2"),
  follows('a lone minus and slash', 'SELECT 4 - 2 / 1'),
  follows('a minus before a block comment', 'SELECT 4 -/* ; */ 1'),
  {name: 'a statement of one minus', sql: '-', statements: ['-']},
  follows('a string', "SELECT 'a;b'"),
  follows('a doubled quote', "SELECT 'it''s; so'"),
  follows('comment signs in a string', "SELECT '-- /* ;'"),
  follows('a backslash in a string', "SELECT '\\'"),
  follows('an escape string', "SELECT E'it\\'s; so'"),
  follows('a small e', "SELECT e'\\';'"),
  follows('a doubled backslash', "SELECT E'\\\\'"),
  follows('a type that ends in e', "SELECT date'2024-01-01'"),
  follows('a name that ends in E', "SELECT typeE'\\'"),
  follows('a string continued', "SELECT 'a'\n 'b;c'"),
  {
    ...follows('an escape string continued', "SELECT E'a'\n 'it\\'s; so'"),
    psqlDiffers: 'it scans line by line and forgets the E at the line end',
  },
  {
    ...follows('an escape string continued behind comments', "SELECT E'a' -- b\n -- c\n 'it\\'s;'"),
    psqlDiffers: 'as above',
  },
  follows('an escape string not continued', "SELECT E'a' '\\'"),
  follows('a minus between strings', "SELECT E'a'\n - '\\'"),
  follows('a Unicode string', "SELECT U&'d\\0061t''a;'"),
  follows('a Unicode string with its own escape', "SELECT U&'d!0061;' UESCAPE '!'"),
  follows('a Unicode name', 'SELECT 1 AS U&"d\\0061;"'),
  follows('a bit string', "SELECT B'01;'"),
  follows('a hexadecimal string', "SELECT X'1F;'"),
  follows('a national string', "SELECT N'a;b'"),
  follows('a quoted name', 'SELECT 1 AS "a;b"'),
  follows('a doubled double quote', 'SELECT 1 AS "a"";b"'),
  follows('a quote in a quoted name', 'SELECT 1 AS "it\'s"'),
  follows('a double quote in a string', "SELECT '\"'"),
  follows('a dollar quote', 'SELECT $$a;b$$'),
  follows('a dollar quote with a tag', 'SELECT $q$ ; $$ $Q$ $q $q$'),
  follows('a dollar quote with a non-ASCII tag', 'SELECT $été$;$ete$;$été$'),
  follows('dollar quotes in each other', 'DO $a$ BEGIN EXECUTE $b$ SELECT 1; $b$; END $a$'),
  follows('a dollar quote that almost ends', 'SELECT $ab$ $a$ab $ab$'),
  follows('two dollars before the end', 'SELECT $$a;$b$;$$'),
  follows('quotes in a dollar quote', 'SELECT $$ it\'s /* " $$'),
  follows('a name with dollars', 'SELECT a$b$c'),
  follows('a name that ends in a dollar', 'SELECT a$'),
  follows('a parameter', 'PREPARE p AS SELECT $1, $2'),
  follows('a parameter before a dollar', 'SELECT $1$$;$$'),
  follows('a lone dollar', "SELECT $ 'a;'"),
  follows('a tag that is none', "SELECT $a 'b;'"),
  follows('a tag that is none before an escape string', "SELECT $E'\\';'"),
  follows('numbers', 'SELECT 1.5, .5, 1e5, 1E-5, 0x1F, 1_000'),
  follows('a number that runs into a name', 'SELECT 1a$b$c'),
  follows('parentheses', 'CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2)'),
  follows('nested parentheses', 'SELECT ((1); (2))'),
  follows('a parenthesis in a string', "SELECT '('"),
  follows('a parenthesis too many', 'SELECT 1)'),
  follows('semicolon in brackets', 'SELECT a[1:2]'),
  follows('typecasts and operators', "SELECT '1'::int @-@ 2 <-> 3 ->> 'a;' #- '{;}'"),
  follows('characters of four bytes', 'SELECT \'😀;\' AS "😀;", 日本'),
  follows(
    'a routine body',
    'CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END',
  ),
  follows(
    'a routine body in small letters with CASE',
    'create or replace procedure p() begin atomic select case when true then 1 else 2 end; end',
  ),
  follows('CASE in a routine without a body', 'CREATE FUNCTION f(a int DEFAULT CASE 1 END) x'),
  follows('a routine in a string', "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1;'"),
  follows('begin in quotes', 'CREATE FUNCTION f() RETURNS int AS "begin"'),
  follows('begin in parentheses', 'CREATE FUNCTION f(begin int) RETURNS int'),
  follows('comments among the first words', 'CREATE /* a */ OR -- b\n REPLACE FUNCTION begin end'),
  follows('CREATE without FUNCTION', 'CREATE TABLE begin (a int)'),
  follows('a transaction', 'BEGIN'),
  follows('END of a transaction', 'END'),
  follows('CASE outside of routines', 'SELECT CASE WHEN true THEN 1 END'),
  {
    name: 'a routine body, then a transaction',
    sql: 'CREATE FUNCTION f() BEGIN ATOMIC SELECT 1; END; BEGIN; SELECT 2; END;',
    statements: ['CREATE FUNCTION f() BEGIN ATOMIC SELECT 1; END', 'BEGIN', 'SELECT 2', 'END'],
  },
]
