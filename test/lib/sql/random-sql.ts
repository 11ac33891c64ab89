import type {Dice} from './dice.js'

/** What differs between files with line feeds and files with backslashes. */
interface Kind {
  blanks: readonly string[]
  inString: readonly string[]
  /** In E'…'. */
  inEscapeString: readonly string[]
}

const BLANKS = [' ', ' ', '\t', '\r', '\f', ' -- a;\r', " --'\r\r"]
const IN_STRING = ['a', ' ', ';', "''", "''", '"', '--', '/*', '*/', '$$', '(', 'E', 'é', '😀']
const LINE_ENDS = ['\n', '\n', '\n\n', ' \n ', '\r\n', '\r\n\r\n', '\n\r', '-- b;\n', '--"\r\n']
const LINES = [...IN_STRING, '\n', '\n\n', '\r\n']

/**
 * No file has both: psql forgets at a line's end that a string was E'…' (see `psqlDiffers`), which
 * shows when a backslash comes in what continues the string.
 */
const KINDS: readonly Kind[] = [
  {
    blanks: [...BLANKS, ...LINE_ENDS],
    inString: LINES,
    inEscapeString: LINES,
  },
  {
    blanks: BLANKS,
    inString: [...IN_STRING, '\\', '\\\\'],
    inEscapeString: [...IN_STRING, '\\;', "\\'", "\\'", '\\\\', "''\\'"],
  },
]

/**
 * An SQL file that is tricky rather than right: statements made of quotes, comments, brackets, words
 * of routines and numbers that run into each other, with something unbalanced now and then.
 */
export function randomFile(dice: Dice): string {
  const kind = dice.pick(KINDS)
  const glue = dice.chance(0.5) ? ' ' : ''
  return dice.several(1, 5, () => randomStatement(dice, kind, glue))
}

function randomStatement(dice: Dice, kind: Kind, glue: string): string {
  const routine = dice.chance(0.3)
  const words = routine ? ROUTINE_WORDS : WORDS
  const head = routine ? routineHead(dice, kind) : ''
  const rest = dice.several(0, 8, () => randomPart(dice, kind, words) + glue)
  return head + rest + dice.pick([';', ';', '; ', ';\r', ';;', dice.pick(kind.blanks)])
}

const WORDS = 'SELECT x typeE _ é CASE END BEGIN u a$b$c a$ CREATE'.split(' ')
const ROUTINE_WORDS = 'BEGIN begin ATOMIC END end END; END; CASE case endx $end x "end"'.split(' ')

/** CREATE OR REPLACE FUNCTION … BEGIN, whole most of the time. */
function routineHead(dice: Dice, kind: Kind): string {
  const gap = () => (dice.chance(0.8) ? ' ' : randomGap(dice, kind))
  const words = dice.pick(HEADS).split(' ')
  const told = dice.chance(0.8) ? words : words.filter(() => dice.chance(0.8))
  return [
    ...told,
    dice.pick(['f()', 'f', '', '(;)']),
    dice.pick(['BEGIN', 'begin', 'BEGIN CASE', 'x']),
  ]
    .map((word) => word + gap())
    .join('')
}

const HEADS = [
  'CREATE FUNCTION',
  'create procedure',
  'Create Or Replace Function',
  'CREATE OR REPLACE PROCEDURE',
  'CREATE TABLE',
  'CREATE OR FUNCTION',
  'CREATE OR REPLACE x FUNCTION',
  'x CREATE FUNCTION',
]

function randomPart(dice: Dice, kind: Kind, words: readonly string[]): string {
  const make = dice.pick(PARTS)
  return make(dice, kind, words)
}

type Part = (dice: Dice, kind: Kind, words: readonly string[]) => string

const PARTS: readonly Part[] = [
  (dice, _, words) => dice.pick(words),
  (dice, _, words) => ` ${dice.pick(words)} `,
  (dice, kind) => randomGap(dice, kind),
  (dice, kind) => randomString(dice, kind, dice.pick(PREFIXES)),
  (dice, kind) =>
    randomString(dice, kind, 'E') + dice.pick(kind.blanks) + randomString(dice, kind, ''),
  (dice, kind) => `"${dice.several(0, 3, () => dice.pick(kind.inString).replace("'", '"'))}"`,
  (dice) => randomDollar(dice),
  (dice, kind, words) => `(${dice.several(0, 3, () => randomPart(dice, kind, words))})`,
  (dice, _, words) => `(;${dice.pick(words)};)`,
  (dice) => dice.pick(NUMBERS),
  (dice) => dice.pick(OPERATORS),
  (dice) => (dice.chance(0.3) ? dice.pick(UNBALANCED) : ','),
]

const PREFIXES = [
  ...['', '', 'E', 'E', 'e', '"E"'],
  ...'U& u& B n X typeE aE éE a$e $E $aE $1E 1E 1.E 1e5E 0xE E1 eE x1 _e +E )E'.split(' '),
]

const NUMBERS =
  '1 1.5 .5 1. 1e5 1E-5 1e 1e+ 0x1F 1_000 1..2 1a 1.5b $1 $12 $1a 1a$b$ 1$b$ 1end $1end'.split(' ')

const OPERATORS = [
  ...'+ - / * <= :: := ->> #- => ! ? & | . ` ~ ^ % @ =- */* */ [1:2] { } 日本'.split(' '),
  ...[': ', '- -', '/ *', '\u00a0', '\u2028'],
]

const UNBALANCED = ["'", '"', '(', ')', ')', '/*', '$a$', '$$', '$', '$a', '\\', "E'"]

function randomString(dice: Dice, kind: Kind, prefix: string): string {
  const escapes = prefix === '' ? dice.chance(0.5) : /^e$/i.test(prefix)
  const inside = escapes ? kind.inEscapeString : kind.inString
  return `${prefix}'${dice.several(0, 4, () => dice.pick(inside))}'`
}

/** A dollar quote that holds what looks like its end. */
function randomDollar(dice: Dice): string {
  const tag = dice.pick(['', 'a', 'ab', 'A', 'é', '_1', 'a1', 'end'])
  const delimiter = `$${tag}$`
  const torn = `$${tag.slice(0, 1)}$${tag.slice(1)}$`
  const ends = ['$', '$', `$${tag}`, `${tag}$`, `$${tag}x$`, torn, '$b$']
  const inside = [...ends, ';', "'", '/*', '--', ' ']
  const text = dice.several(0, 4, () => dice.pick(inside))
  return dice.pick(['', '', ' ', '1', 'a', ')', '$']) + delimiter + text + delimiter
}

function randomGap(dice: Dice, kind: Kind): string {
  return dice.chance(0.5) ? dice.pick(kind.blanks) : randomComment(dice)
}

function randomComment(dice: Dice): string {
  const inside = () => (dice.chance(0.2) ? randomComment(dice) : dice.pick(IN_COMMENT))
  const text = dice.several(0, 4, inside)
  return `${dice.pick(['', '+', '@', '/', '-', '*'])}/*${text}${dice.pick(['*/', '**/', ' */'])}`
}

const IN_COMMENT = ['* ', '/ ', ' ', '\r', ..."* *; ; ' -- $$ ( é /// **".split(' '), '"']
