// What the files hold: the same bytes on every machine and every day.

/** A table and the statements that fill it. */
export interface Content {
  table: string
  /** Makes the table; run before the race. */
  create: string
  /** A file of that many rows, piece by piece. */
  pieces: (rows: number) => Iterable<string>
  /** Bytes of a row in the file, on average. */
  rowBytes: number
}

const ACTIVITY_COLUMNS =
  'id integer PRIMARY KEY, handle text NOT NULL, message text NOT NULL, likes integer, created_at timestamp NOT NULL'
const LIKE_COLUMNS =
  'id bigint NOT NULL, activity_id integer NOT NULL, handle text NOT NULL, note text, created_at timestamp NOT NULL'
const INSERT = 'INSERT INTO activities (id, handle, message, likes, created_at) VALUES'

const HANDLES = ['andrewbrown', 'bayko', 'londo', 'g_kar', 'zoë', 'ml-ivanova']
const MESSAGES = [
  "The cloud is just someone else''s computer",
  "It''s live; ship it on Friday -- what could go wrong?",
  'Café, naïve, 雲: all of it /* really */ arrives',
  'Bootcamp week 4: PostgreSQL, RDS and a lot of psql',
  'Is there a faster way to load $1 billion?',
]

const ROWS_PER_STATEMENT = 1000

/** One INSERT a row, as a hand-written seed or `pg_dump --inserts` has it. */
export const oneRowInserts: Content = {
  table: 'activities',
  create: `CREATE TABLE activities (${ACTIVITY_COLUMNS})`,
  pieces: function* (rows) {
    for (let id = 1; id <= rows; id++) yield `${INSERT} ${activity(id)};\n`
  },
  rowBytes: 165,
}

/** 1000 rows an INSERT, as `pg_dump --rows-per-insert=1000` has it. */
export const multiRowInserts: Content = {
  ...oneRowInserts,
  pieces: function* (rows) {
    for (let id = 1; id <= rows; id++) {
      if (id % ROWS_PER_STATEMENT === 1) yield `${INSERT}\n`
      yield `  ${activity(id)}${id % ROWS_PER_STATEMENT === 0 || id === rows ? ';' : ','}\n`
    }
  },
}

/** One COPY block into a table without an index, as `pg_dump` has it. */
export const copyBlock: Content = {
  table: 'likes',
  create: `CREATE TABLE likes (${LIKE_COLUMNS})`,
  pieces: function* (rows) {
    yield 'COPY likes (id, activity_id, handle, note, created_at) FROM stdin;\n'
    for (let id = 1; id <= rows; id++) yield like(id)
    yield '\\.\n'
  },
  rowBytes: 46,
}

/** The same without an index, and without the log that would need as much disk again. */
export function unlogged(content: Content): Content {
  const create = content.create.replace('CREATE', 'CREATE UNLOGGED').replace(' PRIMARY KEY', '')
  return {...content, create}
}

function activity(id: number): string {
  return `(${id}, '${pick(HANDLES, id)}', '${pick(MESSAGES, id)}', ${(id * 31) % 977}, '${time(id)}')`
}

function like(id: number): string {
  const note = id % 10 === 0 ? 'seen\\tand\\\\liked' : '\\N'
  return `${id}\t${(id * 7919) % 200_003}\t${pick(HANDLES, id)}\t${note}\t${time(id)}\n`
}

function pick(texts: readonly string[], id: number): string {
  return texts[(id * 7) % texts.length] ?? ''
}

/** A second of 2024 or 2025 that goes with the id. */
function time(id: number): string {
  const digits = (value: number) => String(value).padStart(2, '0')
  const day = `${2024 + (id % 2)}-${digits((id % 12) + 1)}-${digits((id % 28) + 1)}`
  return `${day} ${digits(id % 24)}:${digits((id * 7) % 60)}:${digits((id * 13) % 60)}`
}
