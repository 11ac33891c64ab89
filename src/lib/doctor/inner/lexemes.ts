/** A piece of a statement, blanks and comments left out. */
export interface Lexeme {
  /** `word`: not in quotes; `name`: in double ones; `sign`: one character, or what is not known. */
  kind: 'word' | 'name' | 'string' | 'number' | 'sign'
  /** Of a word in lower case, of a name and a string what is in the quotes; else as it stands there. */
  text: string
}

interface Rule {
  pattern: RegExp
  kind: Lexeme['kind'] | 'blank'
  read?: (text: string) => string
}

/** PostgreSQL's identifiers have at most 63 bytes (NAMEDATALEN), and lose what is longer. */
const NAME_BYTES = 63

function cut(name: string): string {
  let kept = name
  while (Buffer.byteLength(kept) > NAME_BYTES) kept = [...kept].slice(0, -1).join('')
  return kept
}

/** Of letters only those of ASCII are folded, in a database that is UTF8 (downcase_identifier() in scansup.c). */
function folded(word: string): string {
  return cut(word.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()))
}

const LETTER = 'A-Za-z_\\u0080-\\uffff'

/** As in PostgreSQL's scan.l, tried in this order; a comment in a comment is dealt with apart. */
const RULES: readonly Rule[] = [
  {pattern: /(?:\s|--[^\n\r]*)+/y, kind: 'blank'},
  {pattern: /[eE]'((?:[^'\\]|\\.|'')*)'/sy, kind: 'string'},
  {pattern: /[uU]&(?:'(?:[^']|'')*'|"(?:[^"]|"")*")/y, kind: 'sign'},
  {
    pattern: /[bBxXnN]?'(?:[^']|'')*'/y,
    kind: 'string',
    read: (text) => text.slice(text.indexOf("'") + 1, -1).replaceAll("''", "'"),
  },
  {
    pattern: /"(?:[^"]|"")+"/y,
    kind: 'name',
    read: (text) => cut(text.slice(1, -1).replaceAll('""', '"')),
  },
  {
    pattern: new RegExp(`\\$([${LETTER}][\\w\\u0080-\\uffff]*)?\\$.*?\\$\\1\\$`, 'sy'),
    kind: 'string',
  },
  {pattern: new RegExp(`[${LETTER}][\\w$\\u0080-\\uffff]*`, 'y'), kind: 'word', read: folded},
  {pattern: /\d[\w.]*/y, kind: 'number'},
  {pattern: /./suy, kind: 'sign'},
]

/** Where a comment ends that begins at `at`: they nest. */
function commentEnd(sql: string, at: number): number {
  const mark = /\/\*|\*\//g
  mark.lastIndex = at
  let depth = 0
  for (let found = mark.exec(sql); found; found = mark.exec(sql)) {
    depth += found[0] === '/*' ? 1 : -1
    if (depth === 0) return mark.lastIndex
  }
  return sql.length
}

/** @param sql one statement, as the scanner of `lib/sql` has cut it */
export function lexemesOf(sql: string): Lexeme[] {
  const lexemes: Lexeme[] = []
  let at = 0
  while (at < sql.length) {
    if (sql.startsWith('/*', at)) {
      at = commentEnd(sql, at)
      continue
    }
    for (const {pattern, kind, read = String} of RULES) {
      pattern.lastIndex = at
      const [text] = pattern.exec(sql) ?? []
      if (text === undefined) continue
      at += text.length
      if (kind !== 'blank') lexemes.push({kind, text: read(text)})
      break
    }
  }
  return lexemes
}
