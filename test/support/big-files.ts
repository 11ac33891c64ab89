import {createHash} from 'node:crypto'
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {gateAtRow, PASS_GATE} from './gate.js'

/** Rows of each file, which so has some 25 MB. */
export const ROWS = 150_000

const TABLE = 'CREATE TABLE big (n int, t text);\n'
const WRONG_INSERT = "INSERT INTO old VALUES (1, 'again');\n"

/** A text that is its own and that gzip can't make much smaller. */
const textOf = (n: number): string => createHash('sha512').update(String(n)).digest('hex')

function lines(from: number, to: number, line: (n: number) => string): string {
  return Array.from({length: to - from}, (_, at) => line(from + at)).join('')
}

const insert = (n: number): string => `INSERT INTO big VALUES (${n}, '${textOf(n)}');\n`
const row = (n: number): string => `${n}\t${textOf(n)}\n`

/** What {@link CONTENT} answers when `big` holds all rows as they were written. */
export const expectedContent = (): {rows: number; md5: string} => {
  const md5 = createHash('md5')
  for (let n = 0; n < ROWS; n++) md5.update(textOf(n))
  return {rows: ROWS, md5: md5.digest('hex')}
}
export const CONTENT =
  "SELECT count(*)::int AS rows, md5(string_agg(t, '' ORDER BY n)) AS md5 FROM big"

/**
 * Writes `inserts.sql` and `copy.sql`, which make the table `big` of {@link ROWS} rows and half way
 * pass the gate; and the same with a wrong row at the end, or in the middle: `wrong-….sql`.
 */
export function writeBigFiles(folder: string): void {
  const write = (name: string, ...parts: string[]): void =>
    writeFileSync(join(folder, name), parts.join(''))
  const half = ROWS / 2
  const [first, second] = [lines(0, half, insert), lines(half, ROWS, insert)]
  write('inserts.sql', TABLE, first, `${PASS_GATE}\n`, second)
  write('wrong-inserts.sql', TABLE, first, `${PASS_GATE}\n`, second, WRONG_INSERT)
  write('wrong-middle.sql', TABLE, first, `${PASS_GATE}\n`, WRONG_INSERT, second)

  const rows = [TABLE, gateAtRow(half), 'COPY big FROM stdin;\n', lines(0, ROWS, row)]
  write('copy.sql', ...rows, '\\.\n')
  write('wrong-copy.sql', ...rows, 'x\tlast\n\\.\n')
}
