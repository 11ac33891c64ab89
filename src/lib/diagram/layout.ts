import {CruddurError} from '../error.js'
import type {Box} from './box.js'
import {dotOf} from './dot.js'
import {GUTTER, graphOf, isOwn, lineId, schemaId, tableId} from './graph.js'
import type {Model} from './model.js'

export interface Point {
  x: number
  y: number
}

export interface Rectangle extends Point {
  width: number
  height: number
}

const POINTS_PER_INCH = 72

/** Where everything is, in pixels from the upper left corner. */
export interface Layout {
  width: number
  height: number
  /** The upper left corner of each box. */
  boxes: readonly Point[]
  /** A frame for each schema; none where there is one schema only. */
  frames: readonly Rectangle[]
  /**
   * A line for each column of each relation between two tables, in their order, from parent to child: the points of a
   * cubic Bézier spline (one, then three for each curve), which ends a gutter away from both.
   */
  lines: readonly (readonly Point[])[]
}

/** What Graphviz writes as `json`, so far as it is read here; lengths in points, but a node's in inches. */
interface Drawn {
  /** Two opposite corners: `left,bottom,right,top`. */
  bb: string
  objects?: {name: string; pos?: string; bb?: string; width?: string}[]
  edges?: {id?: string; pos?: string}[]
}

/**
 * Has Graphviz lay the boxes out. This takes a second for hundreds of tables, during which nothing else runs.
 *
 * @throws CruddurError DIAGRAM_FAILED when Graphviz gives up: for want of memory, with tens of thousands of keys
 */
export async function layOut(model: Model, boxes: readonly Box[]): Promise<Layout> {
  const drawn = await draw(model, boxes)
  const {width, height} = areaOf(drawn.bb)
  const objects = new Map(drawn.objects?.map((object) => [object.name, object]))
  const edges = new Map(drawn.edges?.map((edge) => [edge.id, edge]))
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    boxes: boxes.map((box, entity) => {
      const {pos, width = 0} = objects.get(tableId(entity)) ?? {}
      const [x = 0, y = 0] = numbers(pos)
      const left = x - (Number(width) * POINTS_PER_INCH) / 2
      return {x: tenth(left + GUTTER), y: tenth(y - box.height / 2)}
    }),
    frames: model.schemas.flatMap((_, place) => {
      const object = objects.get(schemaId(place))
      return object ? [frameOf(object.bb)] : []
    }),
    lines: model.relations
      .filter((relation) => !isOwn(relation))
      .flatMap(({child}) => child.fields)
      .map((_, line) => pointsOf(edges.get(lineId(line))?.pos)),
  }
}

async function draw(model: Model, boxes: readonly Box[]): Promise<Drawn> {
  const {Graphviz} = await import('@hpcc-js/wasm-graphviz')
  try {
    const graphviz = await Graphviz.load()
    const output = graphviz.dot(dotOf(graphOf(model, boxes)), 'json', {yInvert: true})
    return JSON.parse(output) as Drawn
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.trim() : String(cause)
    throw new CruddurError('DIAGRAM_FAILED', `the picture cannot be laid out: ${reason}`, {
      hint: 'have it drawn elsewhere: --format mermaid',
      cause,
    })
  }
}

/** A box's gutter is inside of the frame. */
function frameOf(corners: string | undefined): Rectangle {
  const {x, y, width, height} = areaOf(corners)
  return {
    x: tenth(x + GUTTER / 2),
    y: tenth(y),
    width: tenth(width - GUTTER),
    height: tenth(height),
  }
}

function areaOf(corners: string | undefined): Rectangle {
  const [left = 0, bottom = 0, right = 0, top = 0] = numbers(corners)
  const y = Math.min(top, bottom)
  return {x: left, y, width: right - left, height: Math.abs(bottom - top)}
}

/** `1,2 3.5,4` */
function pointsOf(text = ''): Point[] {
  return text.split(' ').map((pair) => {
    const [x = 0, y = 0] = numbers(pair)
    return {x: tenth(x), y: tenth(y)}
  })
}

function numbers(text = ''): number[] {
  return text.split(',').map(Number)
}

function tenth(length: number): number {
  return Math.round(length * 10) / 10
}
