import type {Schema} from '../postgres/schema/schema.js'
import type {Format} from './format.js'
import {drawMermaid} from './mermaid.js'
import {modelOf} from './model.js'
import {drawSvg} from './svg.js'

/**
 * Draws a schema: its tables, their columns and keys. The same schema gives the same text, which ends with a line feed.
 *
 * @throws CruddurError DIAGRAM_FAILED when it cannot be laid out
 */
export async function drawSchema(schema: Schema, format: Format): Promise<string> {
  const model = modelOf(schema)
  return format === 'mermaid' ? drawMermaid(model) : await drawSvg(model)
}
