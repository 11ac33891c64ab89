import {type Box, HEAD_HEIGHT, ROW_HEIGHT} from './box.js'
import type {Cluster, Edge, Graph, Node} from './dot.js'
import type {Model, Relation} from './model.js'

/** On either side of a box: room for a line to leave straight, and for the sign at its end. */
export const GUTTER = 28
/** Further room on the right of a table that refers to itself. */
const LOOP = 34
/** Room for a schema's name above its tables. */
export const CAPTION = 22

/** The edges of all relations are counted through. */
export const lineId = (line: number): string => `l${line}`
export const tableId = (entity: number): string => `t${entity}`
/** Graphviz keeps together what is in a graph whose name begins with "cluster". */
export const schemaId = (schema: number): string => `cluster_${schema}`

/**
 * What Graphviz is to lay out: a node for each table with a port for each of its columns, and an edge for each column of
 * a foreign key, from what is referred to. No word of the user's is in it.
 */
export function graphOf(model: Model, boxes: readonly Box[]): Graph {
  const {schemas, relations} = model
  const several = schemas.length > 1
  const loops = new Set(relations.filter(isOwn).map(({child}) => child.entity))
  const nodes = boxes.map((box, entity) => nodeOf(box, entity, loops.has(entity)))
  return {
    // Tables that have nothing to do with each other are laid out by themselves; Graphviz cannot where there are clusters.
    attributes: {rankdir: 'LR', nodesep: 0.35, ranksep: 0.6, ...(several ? {} : {pack: 24})},
    nodeAttributes: {shape: 'plain'},
    edgeAttributes: {arrowhead: 'none'},
    nodes,
    edges: [
      ...relations.flatMap(edgesOf).map((edge, line) => named(edge, lineId(line))),
      ...gridEdges(model),
    ],
    clusters: several ? clustersOf(model) : [],
  }
}

function clustersOf({entities, schemas}: Model): Cluster[] {
  const ids = (schema: string): string[] =>
    entities.flatMap((entity, place) => (entity.schema === schema ? [tableId(place)] : []))
  // Of its label only the height counts.
  const label = tableOf([cell(CAPTION, 1)])
  return schemas.map((schema, place) => ({id: schemaId(place), label, nodes: ids(schema)}))
}

function cell(height: number, width: number, port?: number): string {
  const name = port === undefined ? '' : ` port="c${port}"`
  return `<tr><td${name} fixedsize="true" width="${width}" height="${height}"></td></tr>`
}

function tableOf(rows: readonly string[]): string {
  return `<table border="0" cellborder="0" cellspacing="0" cellpadding="0">${rows.join('')}</table>`
}

function nodeOf(box: Box, entity: number, loop: boolean): Node {
  const width = box.width + 2 * GUTTER + (loop ? LOOP : 0)
  const cells = box.rows.map((_, row) => cell(ROW_HEIGHT, width, row))
  const label = tableOf([cell(HEAD_HEIGHT, width), ...cells])
  return {id: tableId(entity), label}
}

/** Whether it refers to its own table: Graphviz would draw that as large as the table. */
export function isOwn({child, parent}: Relation): boolean {
  return child.entity === parent.entity
}

function named(edge: Edge, id: string): Edge {
  return {...edge, attributes: {...edge.attributes, id}}
}

function edgesOf(relation: Relation): Edge[] {
  if (isOwn(relation)) return []
  const {child, parent} = relation
  return child.fields.map((field, place) => ({
    tail: tableId(parent.entity),
    head: tableId(child.entity),
    attributes: {tailport: `c${parent.fields[place]}:e`, headport: `c${field}:w`},
  }))
}

/** Tables of a schema that have to do with no other would stand in one long column: what keeps them in a grid. */
function gridEdges({entities, relations, schemas}: Model): Edge[] {
  const ends = relations.filter((relation) => !isOwn(relation)).flatMap((r) => [r.child, r.parent])
  const busy = new Set(ends.map(({entity}) => entity))
  return schemas.flatMap((schema) => {
    const idle = entities.flatMap((entity, place) =>
      entity.schema === schema && !busy.has(place) ? [place] : [],
    )
    const columns = Math.ceil(Math.sqrt(idle.length))
    return idle.slice(1).map((entity, place): Edge => {
      const begins = (place + 1) % columns === 0
      const before = idle[begins ? place + 1 - columns : place] ?? entity
      return {
        tail: tableId(before),
        head: tableId(entity),
        // A row that begins is only held together with the one above.
        attributes: {style: 'invis', ...(begins ? {constraint: false} : {})},
      }
    })
  })
}
