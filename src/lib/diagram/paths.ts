import {type Box, rowMiddle} from './box.js'
import {GUTTER, isOwn} from './graph.js'
import type {Layout, Point} from './layout.js'
import type {End, Model} from './model.js'

/** What an SVG path's `d` is, for each relation a list with one for each of its columns, from parent to child. */
export function pathsOf(model: Model, boxes: readonly Box[], layout: Layout): string[][] {
  let line = 0
  const at = ({entity, fields}: End, place: number, side: 'left' | 'right'): Point => {
    const {x = 0, y = 0} = layout.boxes[entity] ?? {}
    const width = side === 'right' ? (boxes[entity]?.width ?? 0) : 0
    return {x: x + width, y: y + rowMiddle(fields[place] ?? 0)}
  }
  return model.relations.map((relation) =>
    relation.child.fields.map((_, place) => {
      const from = at(relation.parent, place, 'right')
      if (isOwn(relation)) return loop(from, at(relation.child, place, 'right'))
      return path(from, layout.lines[line++] ?? [], at(relation.child, place, 'left'))
    }),
  )
}

function path(from: Point, spline: readonly Point[], to: Point): string {
  const [first, ...curves] = spline
  if (!first) return `M${pair(from)}L${pair(to)}`
  return `M${pair(from)}L${pair(first)}C${curves.map(pair).join(' ')}L${pair(to)}`
}

/** How far the handles of a loop's curve lie outside: its belly reaches three quarters of that. */
const REACH = 32

function loop(from: Point, to: Point): string {
  const [begin, end] = [from, to].map(({x, y}) => ({x: x + GUTTER, y}))
  if (!begin || !end) return ''
  const [out, back] = [begin, end].map(({x, y}) => pair({x: x + REACH, y}))
  return `M${pair(from)}L${pair(begin)}C${out} ${back} ${pair(end)}L${pair(to)}`
}

function pair({x, y}: Point): string {
  return `${Number(x.toFixed(1))} ${Number(y.toFixed(1))}`
}
