import Table from 'cli-table3'
import {printable} from '../target/text.js'

/**
 * Rows under their headings, columns two blanks apart, without lines; what comes from a server is
 * made harmless. Absent values are blank.
 */
export function table(
  columns: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
): string {
  const nothing = {
    bottom: '',
    'bottom-left': '',
    'bottom-mid': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    middle: '  ',
    right: '',
    'right-mid': '',
    top: '',
    'top-left': '',
    'top-mid': '',
    'top-right': '',
  }
  const style = {border: [], head: [], 'padding-left': 0, 'padding-right': 0}
  const out = new Table({chars: nothing, head: [...columns], style})
  for (const row of rows) out.push(row.map((cell) => printable(String(cell ?? ''))))
  return out
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}
