import type {Look} from '../../postgres/sessions-list.js'
import type {Shown} from './columns.js'
import {type Grid, markedGrid, plainGrid} from './grid.js'
import {connections, legend, wrapped} from './words.js'

function linesOf({head, rows}: Grid): string[] {
  return [head, ...rows.flat()]
}

/**
 * The table of sessions, as `cruddur-db sessions` prints it.
 *
 * @param room columns of the terminal; undefined where there is none: then for scripts, at full width
 * @param footer whether to say, on a terminal, what the signs mean and how many connections there are
 */
export function sessionLines(
  look: Look,
  {footer, room, ...shown}: Shown & {room: number | undefined; footer: boolean},
): string[] {
  if (room === undefined) return linesOf(plainGrid(look, shown))
  const grid = markedGrid(look, shown, room)
  if (!footer) return linesOf(grid)
  const {leftOut} = grid
  const words = [
    connections(look),
    ...legend(look),
    ...(leftOut.length > 0 ? [`no room for: ${leftOut.join(', ')}`] : []),
  ]
  return [...linesOf(grid), ...words.flatMap((text) => wrapped(text, room))]
}
