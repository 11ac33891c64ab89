import {type Box, boxOf, FONT_SIZE, HEAD_HEIGHT, ROW_HEIGHT, rowMiddle} from './box.js'
import {layOut, type Point, type Rectangle} from './layout.js'
import {type Sign, signs, signUrl, styleSheet} from './look.js'
import type {Entity, Model, Relation} from './model.js'
import {pathsOf} from './paths.js'
import {element, xmlText} from './xml.js'

/** Around everything. */
const MARGIN = 12
const ROUND = 6

/**
 * The model as an SVG document: readable on light and dark backgrounds, its words real text, described for screen readers,
 * without scripts and without anything from elsewhere. The same model gives the same bytes.
 *
 * @throws CruddurError DIAGRAM_FAILED when it cannot be laid out
 */
export async function drawSvg(model: Model): Promise<string> {
  const boxes = model.entities.map(boxOf)
  const layout = await layOut(model, boxes)
  const [width, height] = [layout.width + 2 * MARGIN, layout.height + 2 * MARGIN]
  const root = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: [-MARGIN, -MARGIN, width, height].join(' '),
    width,
    height,
    role: 'img',
    'aria-labelledby': 'schema-title schema-description',
    'xml:space': 'preserve',
  }
  const paper = {class: 'paper', x: -MARGIN, y: -MARGIN, width, height}
  const lines = [
    element('title', {id: 'schema-title'}, xmlText(titleOf(model))),
    element('desc', {id: 'schema-description'}, xmlText(descriptionOf(model))),
    styleSheet(),
    signs(new Set(model.relations.flatMap((relation) => Object.values(signsOf(relation))))),
    element('rect', paper),
    ...layout.frames.map((frame, place) => frameOf(frame, model.schemas[place] ?? '')),
    ...relationsOf(model, pathsOf(model, boxes, layout)),
    ...boxes.map((box, place) => tableOf(box, layout.boxes[place], model.entities[place])),
  ].filter((line) => line !== '')
  return `${element('svg', root, '\n', lines.join('\n'), '\n')}\n`
}

export function titleOf({entities, schemas}: Model): string {
  const tables = `${entities.length} ${entities.length === 1 ? 'table' : 'tables'}`
  const where = schemas.length > 1 ? ` in ${schemas.length} schemas` : ''
  return `Database schema: ${tables}${where}`
}

/** What the picture shows, in words. */
function descriptionOf({entities, relations}: Model): string {
  const tables = entities.map(({fields, name}) => {
    const columns = fields.map(({marks, name: column}) => [column, ...marks].join(' '))
    return `${name}: ${columns.join(', ')}.`
  })
  return [...tables, ...relations.map(({text}) => `${text}.`)].join('\n')
}

function signsOf({optional, single}: Relation): {parent: Sign; child: Sign} {
  return {
    parent: optional ? 'zero-or-one' : 'one',
    child: single ? 'zero-or-one' : 'zero-or-many',
  }
}

function frameOf({x, y, width, height}: Rectangle, schema: string): string {
  const frame = element('rect', {class: 'frame', x, y, width, height, rx: ROUND})
  const caption = element('text', {class: 'title', x: x + 12, y: y + 22}, xmlText(schema))
  return element('g', {}, frame, caption)
}

/** Below the middle of a line of text by so much is where its letters stand. */
const BASELINE = Math.round(FONT_SIZE * 0.35)

function tableOf(box: Box, corner: Point | undefined, entity: Entity | undefined): string {
  const {width, height, head, rows} = box
  const texts = (row: Box['head'], middle: number): string[] =>
    row.map(({look, text, x}) =>
      element('text', {class: look, x, y: middle + BASELINE}, xmlText(text)),
    )
  return element(
    'g',
    {transform: `translate(${corner?.x ?? 0} ${corner?.y ?? 0})`},
    element('title', {}, xmlText(entity?.name ?? '')),
    element('rect', {class: 'paper', width, height, rx: ROUND}),
    element('path', {class: 'head', d: headPath(width)}),
    ...rows.map((_, row) => ruleOf(width, HEAD_HEIGHT + row * ROW_HEIGHT)),
    element('rect', {class: 'border', width, height, rx: ROUND}),
    ...texts(head, HEAD_HEIGHT / 2),
    ...rows.flatMap((row, place) => texts(row, rowMiddle(place))),
  )
}

function ruleOf(width: number, y: number): string {
  return element('path', {class: 'rule', d: `M0 ${y}H${width}`})
}

function headPath(width: number): string {
  const inner = width - 2 * ROUND
  const corner = (x: number, y: number) => `a${ROUND} ${ROUND} 0 0 1 ${x} ${y}`
  return `M0 ${HEAD_HEIGHT}V${ROUND}${corner(ROUND, -ROUND)}h${inner}${corner(ROUND, ROUND)}V${HEAD_HEIGHT}z`
}

/** @param paths a list for each relation */
function relationsOf({relations}: Model, paths: readonly (readonly string[])[]): string[] {
  return relations.map((relation, place) => {
    const {parent, child} = signsOf(relation)
    const look = {class: 'line', 'marker-start': signUrl(parent), 'marker-end': signUrl(child)}
    const lines = (paths[place] ?? []).map((d) => element('path', {...look, d}))
    return element('g', {}, element('title', {}, xmlText(relation.text)), ...lines)
  })
}
